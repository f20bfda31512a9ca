import { parse } from 'yaml'
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import * as sandbox from '../test/sandbox/index.ts'

/** The benchmark's hosts; they are nobody else's. */
export const HOSTS = Array.from({ length: 50 }, (_, index) => `bench${index + 1}`)

/** How a host is reached. */
export interface Place {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly identityFile: string
  /** Its fingerprint. */
  readonly hostKey: string
}

const Keys = z.object({ hosts: z.record(z.string(), z.looseObject({ hostKey: z.string() })) })

/** Boots hosts. */
export const bring = async (names: readonly string[]): Promise<Place[]> => {
  const entries = await sandbox.up(names)
  const { hosts } = Keys.parse(parse(readFileSync(sandbox.inventoryFile, 'utf8')))
  return entries.map((entry) => ({ ...entry, hostKey: hosts[entry.name]?.hostKey ?? '' }))
}

/** Makes all others like the first, but for their names and keys. */
export const alike = async ([first, ...others]: readonly string[]): Promise<void> => {
  if (first === undefined || others.length === 0) return
  await sandbox.snapshot(first, 'bench')
  for (const other of others) await sandbox.restore(other, 'bench', { from: first })
}

/** Makes them bare again. */
export const blank = (names: readonly string[]): Promise<void> => sandbox.reset(names)

export const takeDown = (names: readonly string[]): Promise<void> => sandbox.down(names)

/** Breaks one thing: a file is not what it was. */
export const drift = async (names: readonly string[]): Promise<void> => {
  for (const name of names) {
    const { code, stderr } = await sandbox.ssh(name, 'echo "# by hand" >> /etc/logrotate.d/moja-dzialka')
    if (code !== 0) throw new Error(`${name}: ${stderr}`)
  }
}
