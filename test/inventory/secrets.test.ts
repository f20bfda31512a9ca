import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as age from 'age-encryption'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { InventoryError } from '../../inventory/problem.ts'
import { readYaml } from '../../inventory/read.ts'
import { type Env, secretsBeside, variableOf } from '../../inventory/secrets.ts'
import { secretsIn } from '../../inventory/value.ts'
import { knownSecrets } from '../../lib/language/secret.ts'
import { folder, said, write } from './files.ts'

let key = ''
let stranger = ''
let recipient = ''
beforeAll(async () => {
  key = await age.generateX25519Identity()
  stranger = await age.generateX25519Identity()
  recipient = await age.identityToRecipient(key)
  mkdirSync(join(folder, '.config/trueup'), { recursive: true })
})
afterEach(() => {
  rmSync(join(folder, 'secrets.age'), { force: true })
  rmSync(join(folder, '.config/trueup/key.txt'), { force: true })
})

const seal = async (text: string, armored = false): Promise<Uint8Array> => {
  const encrypter = new age.Encrypter()
  encrypter.addRecipient(recipient)
  const sealed = await encrypter.encrypt(text)
  return armored ? new TextEncoder().encode(age.armor.encode(sealed)) : sealed
}

/** What is found of these names: the values, or what is wrong. */
const look = async (env: Env, ...names: string[]): Promise<string[]> => {
  const { root } = readYaml(join(folder, 'i.yml'), `[${names.map((name) => `!secret ${name}`).join(', ')}]`)
  const { lookup, problems } = await secretsBeside(folder, { HOME: folder, ...env }).look(root ? secretsIn(root) : [])
  if (problems.length > 0) return said(new InventoryError(problems))
  return names.map((name) => lookup(name)?.reveal() ?? 'unknown')
}

test.each([
  ['postgres_password', 'TRUEUP_SECRET_POSTGRES_PASSWORD'],
  ['smtp-relay.key', 'TRUEUP_SECRET_SMTP_RELAY_KEY'],
  ['S3', 'TRUEUP_SECRET_S3'],
])('%s comes from %s', async (name, variable) => {
  expect(variableOf(name)).toBe(variable)
  expect(await look({ [variable]: 'value of it' }, name)).toEqual(['value of it'])
  expect(knownSecrets()).toContainEqual(['value of it', name])
})

describe('a secret that is not there', () => {
  test('says where it was looked for', async () => {
    expect(await look({}, 'pg')).toEqual([
      'i.yml:1:2  secret pg is missing; set TRUEUP_SECRET_PG, or add pg to secrets.age (no such file)',
    ])
  })
  test('or that it is empty', async () => {
    expect(await look({ TRUEUP_SECRET_PG: '' }, 'pg')).toEqual([
      'i.yml:1:2  secret pg is empty in TRUEUP_SECRET_PG; give it a value',
    ])
    write('secrets.age', await seal('pg:\n'))
    expect(await look({ TRUEUP_AGE_KEY: key }, 'pg')).toEqual([
      'i.yml:1:2  secret pg is empty in secrets.age; give it a value',
    ])
  })
  test('or which other it may be', async () => {
    write('secrets.age', await seal('postgres_password: x\nmail: y\n'))
    expect(await look({ TRUEUP_AGE_KEY: key }, 'postgres_pasword', 'xyz')).toEqual([
      'i.yml:1:2  secret postgres_pasword is missing; set TRUEUP_SECRET_POSTGRES_PASWORD, or add postgres_pasword to secrets.age (it holds "postgres_password")',
      'i.yml:1:28  secret xyz is missing; set TRUEUP_SECRET_XYZ, or add xyz to secrets.age',
    ])
  })
})

describe('secrets.age', () => {
  test.each([
    ['YAML', 'pg: "a: b"\npin: 0123\nyes: no\n', false],
    ['JSON', '{\n\t"pg": "a: b",\n\t"pin": "0123", "yes": "no"}', false],
    ['armored', 'pg: "a: b"\npin: 0123\nyes: no\n', true],
  ])('holds texts: %s', async (_, text, armored) => {
    write('secrets.age', await seal(text, armored))
    expect(await look({ TRUEUP_AGE_KEY: key }, 'pg', 'pin', 'yes')).toEqual(['a: b', '0123', 'no'])
  })

  test('opens with the key file, too, as age-keygen writes it', async () => {
    write('secrets.age', await seal('pg: x'))
    write('.config/trueup/key.txt', `# created: 2026-11-23\n# public key: ${recipient}\n\n${stranger}\n${key}\n`)
    expect(await look({}, 'pg')).toEqual(['x'])
    expect(await look({ TRUEUP_AGE_KEY: '' }, 'pg')).toEqual(['x'])
  })

  test('is behind the environment', async () => {
    write('secrets.age', await seal('pg: sealed\nother: sealed'))
    expect(await look({ TRUEUP_AGE_KEY: key, TRUEUP_SECRET_PG: 'set' }, 'pg', 'other')).toEqual(['set', 'sealed'])
  })

  test('is not opened for what the environment has', async () => {
    write('secrets.age', 'not even an age file')
    expect(await look({ TRUEUP_SECRET_PG: 'set' }, 'pg')).toEqual(['set'])
  })

  const rule = 'a key is one line, AGE-SECRET-KEY-1…, as age-keygen writes it'
  const map = 'inside is a map of names and texts, such as postgres_password: "…"'
  test.each<[string, string | (() => Promise<Uint8Array>), () => string | undefined, () => string]>([
    [
      'no key',
      () => seal('pg: x'),
      () => undefined,
      () => `cannot be opened without a key; set TRUEUP_AGE_KEY, or put the key into .config/trueup/key.txt`,
    ],
    [
      'an empty key',
      () => seal('pg: x'),
      () => '# nothing\n',
      () => `cannot be opened: TRUEUP_AGE_KEY holds no key; ${rule}`,
    ],
    [
      'a key that is none',
      () => seal('pg: x'),
      () => '# key\nhunter2',
      () => `cannot be opened: line 2 of TRUEUP_AGE_KEY is no age key; ${rule}`,
    ],
    [
      'an ssh key',
      () => seal('pg: x'),
      () => '-----BEGIN OPENSSH PRIVATE KEY-----',
      () => `cannot be opened: line 1 of TRUEUP_AGE_KEY is no age key; ${rule}`,
    ],
    [
      'half a key',
      () => seal('pg: x'),
      () => key.slice(0, -9),
      () => 'cannot be opened: the key in TRUEUP_AGE_KEY is damaged; copy all of it again',
    ],
    [
      'a key with a typo',
      () => seal('pg: x'),
      () => key.replace(/.$/, (end) => (end === 'Q' ? 'P' : 'Q')),
      () => 'cannot be opened: the key in TRUEUP_AGE_KEY is damaged; copy all of it again',
    ],
    ['plain text', 'pg: x', () => key, () => 'is not an age file; encrypt it with age -r RECIPIENT'],
    ['nothing', '', () => key, () => 'is not an age file; encrypt it with age -r RECIPIENT'],
    ['half of it', async () => (await seal('pg: x')).slice(0, -3), () => key, () => 'is damaged'],
    ['half of its header', async () => (await seal('pg: x')).slice(0, 40), () => key, () => 'is damaged'],
    ['half of its armor', async () => (await seal('pg: x', true)).slice(0, 150), () => key, () => 'is damaged'],
    ['a list', () => seal('[a]'), () => key, () => `holds no map; ${map}`],
    ['a map of maps', () => seal('pg: { hunter2: x }'), () => key, () => `holds no text for pg; ${map}`],
    [
      'what is no YAML',
      () => seal('pg: x\nhunter2: "'),
      () => key,
      () => `holds no valid YAML (MISSING_CHAR, line 2); ${map}`,
    ],
    [
      'a tag',
      () => seal('pg: !hunter2 x'),
      () => key,
      () => `holds no valid YAML (TAG_RESOLVE_FAILED, line 1); ${map}`,
    ],
    [
      'a name twice',
      () => seal('pg: hunter2\npg: x'),
      () => key,
      () => `holds no valid YAML (DUPLICATE_KEY, line 2); ${map}`,
    ],
  ])('with %s is one problem, without a secret in it', async (_, content, env, expected) => {
    write('secrets.age', typeof content === 'string' ? content : await content())
    const given = env()
    const lines = await look(given === undefined ? {} : { TRUEUP_AGE_KEY: given }, 'pg', 'other')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(`secrets.age  ${expected()}`)
    expect(lines[0]).not.toMatch(/hunter2|AGE-SECRET-KEY-1[0-9A-Z]/)
  })

  test('for another key says whose that key is', async () => {
    write('secrets.age', await seal('pg: x'))
    const public_ = await age.identityToRecipient(stranger)
    expect(await look({ TRUEUP_AGE_KEY: stranger }, 'pg')).toEqual([
      `secrets.age  is not encrypted for the key in TRUEUP_AGE_KEY; encrypt it for ${public_}`,
    ])
  })
})
