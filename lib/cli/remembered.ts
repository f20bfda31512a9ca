import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import type { Host } from '../../inventory/host.ts'
import type { HostFacts } from '../language/role.ts'
import type { Remembered } from '../session/session.ts'
import { keep, prepared } from './cache.ts'

const Kept = z.strictObject({
  name: z.string(),
  os: z.string(),
  version: z.string(),
  codename: z.string(),
  arch: z.string(),
  cpus: z.number(),
  memoryMb: z.number(),
  bootId: z.string(),
  rebootRequired: z.boolean().exactOptional(),
  container: z.boolean(),
  sshPort: z.number().nullable(),
  sshFrom: z.string().nullable(),
}) satisfies z.ZodType<HostFacts>

/** What is kept of a host in a folder of the person who runs this. */
export const remembered = (folder: string, { name, connection, address, port, user }: Host): Remembered => {
  const id = createHash('sha256')
    .update(JSON.stringify([name, connection, address, port, user]))
    .digest('hex')
  const file = join(folder, id.slice(0, 32))
  return {
    recall: () => {
      try {
        return Kept.parse(JSON.parse(readFileSync(file, 'utf8')))
      } catch {
        return undefined
      }
    },
    keep: (facts) => {
      try {
        prepared(folder)
        keep(file, Buffer.from(JSON.stringify(facts)))
      } catch {
        // A home that cannot be written is no reason to fail.
      }
    },
  }
}
