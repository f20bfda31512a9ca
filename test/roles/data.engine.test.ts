import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Context, quote } from '../../lib/index.ts'
import { prelude } from '../../lib/language/prelude.ts'
import { context } from '../../lib/runner/dollar.ts'
import { openSession } from '../../lib/session/open.ts'
import type { Session } from '../../lib/session/session.ts'
import { imported } from '../../roles/compose-stack/data.ts'
import { PASSWORDS, Vars } from '../../roles/compose-stack/vars.ts'
import { makeHost, scratch } from '../session/hosts.ts'
import { SITE } from './facts.ts'

const MiB = 1024 * 1024

let root = ''
let session: Session
let sent: number[] = []
beforeEach(async () => {
  root = scratch()
  sent = []
  session = openSession(makeHost({ connection: 'local' }), { prelude })
  await session.hello()
  at('from/postgis/parcels.gpkg', randomBytes(9 * MiB))
  at('dir/scripts/import-data.sh', Buffer.from(`#!/bin/sh\necho imported; : > ${quote(join(root, 'ran'))}\n`), 0o755)
})
afterEach(async () => {
  await session.close()
  rmSync(root, { recursive: true })
})

const at = (name: string, content: Buffer, mode = 0o644) => {
  mkdirSync(dirname(join(root, name)), { recursive: true })
  writeFileSync(join(root, name), content, { mode })
}

/** Brings the data set over; `lose` ends the attempt when so many parcels have been sent. */
const bring = async (lose = Infinity): Promise<void> => {
  const vars = Vars.parse({
    env: Object.fromEntries(PASSWORDS.map((name) => [name, 'secret'])),
    data: { import: 'once', from: join(root, 'from') },
  })
  const task = imported(vars, { ...SITE, dir: join(root, 'dir') }).find(({ title }) => title === 'data imported')
  if (task?.kind !== 'run') throw new Error(`no task that runs: ${task?.kind ?? 'none'}`)
  const { $, upload } = context(session, 60)
  const counted: Context['upload'] = async (content, path) => {
    if (sent.length === lose) throw new Error('the connection was lost')
    await upload(content, path)
    sent.push(statSync(path).size)
  }
  await task.run({ $, upload: counted }, { now: {}, changes: [], keys: [] })
}

const arrived = () => readdirSync(join(root, 'dir/data/ready-for-import'), { recursive: true, encoding: 'utf8' }).sort()
const files = ['empty', 'postgis', 'postgis/parcels.gpkg', "zones of 'x' $HOME.gpkg"]

it('is sent in parts, arrives whole, and is imported then (R37, R129)', async () => {
  at("from/zones of 'x' $HOME.gpkg", Buffer.from('zones\n'))
  at('from/empty', Buffer.alloc(0))
  await bring()
  expect(arrived()).toEqual(files)
  for (const name of files.filter((one) => one !== 'postgis'))
    expect(
      readFileSync(join(root, 'from', name)).equals(readFileSync(join(root, 'dir/data/ready-for-import', name))),
      name,
    ).toBe(true)
  expect([...sent].sort((one, other) => one - other)).toEqual([0, 6, MiB, 8 * MiB])
  expect(existsSync(join(root, 'ran'))).toBe(true)
})

it('goes on where it was when the connection is lost, and sends no part twice (R129)', async () => {
  await expect(bring(1)).rejects.toThrow('the connection was lost')
  expect(existsSync(join(root, 'dir/data/ready-for-import/postgis/parcels.gpkg'))).toBe(false)
  expect(existsSync(join(root, 'ran'))).toBe(false)
  await bring()
  expect(sent).toEqual([8 * MiB, MiB])
  expect(arrived()).toEqual(['postgis', 'postgis/parcels.gpkg'])
  await bring()
  expect(sent).toHaveLength(2)
})

it('is never taken for whole when a part of it was spoilt, and is sent anew then', async () => {
  await expect(bring(1)).rejects.toThrow('the connection was lost')
  const incoming = join(root, 'dir/data/ready-for-import/.incoming')
  const part = readdirSync(incoming, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('000000'))
  const path = join(incoming, part ?? 'none')
  writeFileSync(path, Buffer.alloc(statSync(path).size))
  await expect(bring()).rejects.toThrow('parcels.gpkg arrived damaged')
  expect(existsSync(join(root, 'ran'))).toBe(false)
  await bring()
  expect(existsSync(join(root, 'ran'))).toBe(true)
})

it('says so where there is nothing to send', async () => {
  rmSync(join(root, 'from'), { recursive: true })
  await expect(bring()).rejects.toThrow(`there is no folder ${join(root, 'from')}`)
  mkdirSync(join(root, 'from'))
  await expect(bring()).rejects.toThrow(`there is no file in ${join(root, 'from')}`)
})
