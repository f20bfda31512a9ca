import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { selectHosts } from '../../inventory/patterns.ts'
import { checkVars } from '../../inventory/vars.ts'
import { mask } from '../../lib/language/mask.ts'
import { maybeSecret, role, Secret } from '../../lib/index.ts'
import { folder, load, problemsOf, said, small, write } from './files.ts'

const app = role({ name: 'app', vars: z.strictObject({ key: maybeSecret() }), tasks: () => [] })

/** What the role gets for its variable, or what is wrong. */
const keyOf = async (value: string): Promise<string | string[]> => {
  const inventory = load(small(`vars: { app: { key: ${value} } }\n`), { HOME: join(folder, 'home') })
  try {
    const vars = await checkVars(inventory, selectHosts(inventory, 'all'), [app], { built: ['app'], planned: [] })
    const { key } = z.object({ key: z.union([z.instanceof(Secret), z.string()]) }).parse(vars.get('web1')?.get('app'))
    return key instanceof Secret ? key.reveal() : key
  } catch (error) {
    return said(error)
  }
}

test('!file is a text beside the inventory, in the home or anywhere, and as secret as any', async () => {
  mkdirSync(join(folder, 'home'))
  write('note.txt', 'żółw of\nthe file\n')
  write('home/note.txt', 'home')
  expect(await keyOf('!file note.txt')).toBe('żółw of\nthe file\n')
  expect(await keyOf('!file ~/note.txt')).toBe('home')
  expect(await keyOf(`!file ${join(folder, 'home/note.txt')}`)).toBe('home')
  expect(await keyOf('!join [ "a ", !file home/note.txt ]')).toBe('a home')
  expect(mask('żółw of\nthe file\n')).toBe('‹secret file note.txt›')
})

test('a secret and a file of one name are two things', async () => {
  write('pg', 'of the file')
  expect(await keyOf('!file pg')).toBe('of the file')
  expect(await keyOf('!secret pg')).toEqual([expect.stringContaining('secret pg is missing')])
})

test.each<[string, () => string, string]>([
  ['nowhere.key', () => '', 'no such file'],
  ['.', () => '', 'it is a folder'],
  ['empty', () => write('empty', ''), 'is empty'],
  ['binary', () => write('binary', new Uint8Array([0xff, 0xfe])), 'it is not UTF-8 text'],
  ['big', () => write('big', 'x'.repeat(2 ** 20 + 1)), 'it has 1048577 bytes; allowed: 1048576'],
])('!file %s is refused, with the place', async (name, make, says) => {
  make()
  const lines = await keyOf(`!file ${name}`)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^i\.yml:2:21 {2}/)
  expect(lines[0]).toContain(says)
})

test.each([
  [0o600, true],
  [0o400, true],
  [0o640, false],
  [0o666, false],
])('a private key with mode %o is taken: %s', async (mode, is) => {
  const path = write('origin.key', '-----BEGIN EC PRIVATE KEY-----\nx\n-----END EC PRIVATE KEY-----\n')
  chmodSync(path, mode)
  const found = await keyOf('!file origin.key')
  if (is) expect(found).toContain('BEGIN EC PRIVATE KEY')
  else
    expect(found).toEqual([
      `i.yml:2:21  file origin.key cannot be used: it is a private key that others may read (0${mode.toString(8)}); chmod 600 origin.key`,
    ])
  chmodSync(path, 0o600)
})

test('!file of nothing, and of a list', () => {
  expect(problemsOf(small('vars: { app: { key: !file } }\n'))).toEqual([
    'i.yml:2:21  !file names nothing; it takes a path',
  ])
  expect(problemsOf(small('vars: { app: { key: !file [ a ] } }\n'))).toEqual([
    'i.yml:2:21  !file takes a path: !file origin.key',
  ])
})
