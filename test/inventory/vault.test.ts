import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as age from 'age-encryption'
import fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openVault, parseSecrets } from '../../inventory/age.ts'
import { newKey, readKeys, writeFirstKey, writeNextKey } from '../../inventory/key.ts'
import { openToChange, save, withSecret } from '../../inventory/vault.ts'
import { folder, said } from './files.ts'

const path = join(folder, 'secrets.age')
let me = { key: '', recipient: '' }
let other = { key: '', recipient: '' }
beforeAll(async () => {
  me = await newKey()
  other = await newKey()
})
afterEach(() => {
  for (const name of ['secrets.age', 'secrets.recipients', 'real.age', '.config'])
    rmSync(join(folder, name), { recursive: true, force: true })
  expect(readdirSync(folder)).toEqual([])
})

const env = () => ({ HOME: folder, TRUEUP_AGE_KEY: me.key })
const set = async (name: string, value: string, keys = env()) => {
  const vault = await openToChange(path, keys)
  await save(vault, withSecret(vault.text, name, value))
}
const values = async (keys = env()) => {
  const { state } = await openVault(path, keys)
  return state.kind === 'open' ? Object.fromEntries(state.values) : state
}
const seal = async (text: string, ...recipients: string[]) => {
  const encrypter = new age.Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  writeFileSync(path, await encrypter.encrypt(text))
}
const wrong = (work: Promise<unknown>): Promise<string[]> => work.then(() => [], said)

describe('a secret that is set', () => {
  test('is read again, whatever it is, and everything else stays as it was written', () => {
    const name = fc.stringMatching(/^[A-Za-z_][\w.-]{0,20}$/)
    const value = fc.oneof(
      fc.string({
        unit: fc
          .nat(0x10ffff)
          .filter((code) => code < 0xd800 || code > 0xdfff)
          .map((code) => String.fromCodePoint(code)),
      }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('~', 'yes', '0x1f', '- a', 'it\'s\n"$x"\t#', '\u2028', ' x '),
    )
    const before = '# passwords\npg: "one" # of the database\n"a b": \'two\'\nplain: 0123\n'
    fc.assert(
      fc.property(name, value, (key, text) => {
        const after = withSecret(before, key, text)
        expect(parseSecrets(after).get(key)).toBe(text)
        for (const [one, old] of parseSecrets(before)) if (one !== key) expect(parseSecrets(after).get(one)).toBe(old)
        expect(after).toContain('# passwords\n')
        expect(after).toContain('"a b": \'two\'\n')
        if (key !== 'plain') expect(after).toContain('plain: 0123\n')
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  test('may be the first one', () => {
    expect(withSecret('', 'pg', 'x')).toBe('pg: "x"\n')
    expect(withSecret('# only this\n', 'pg', 'x')).toBe('# only this\n\npg: "x"\n')
    expect(parseSecrets(withSecret('{"a": "1"}', 'pg', 'x'))).toEqual(
      new Map([
        ['a', '1'],
        ['pg', 'x'],
      ]),
    )
  })

  test('is in a file that only we may read, and that age itself opens', async () => {
    await set('pg', 'one')
    await set('mail', 'two')
    expect(await values()).toEqual({ pg: 'one', mail: 'two' })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const text = readFileSync(path, 'utf8')
    expect(text).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/)
    const decrypter = new age.Decrypter()
    decrypter.addIdentity(me.key)
    expect(await decrypter.decrypt(age.armor.decode(text), 'text')).toContain('pg: "one"\nmail: "two"\n')
  })

  test('leaves a binary file binary, and a link a link', async () => {
    await seal('pg: x\n', me.recipient)
    writeFileSync(join(folder, 'real.age'), readFileSync(path))
    rmSync(path)
    symlinkSync('real.age', path)
    await set('pg', 'y')
    expect(readFileSync(join(folder, 'real.age'), 'latin1')).toMatch(/^age-encryption/)
    expect(readFileSync(path)).toEqual(readFileSync(join(folder, 'real.age')))
    expect(await values()).toEqual({ pg: 'y' })
  })
})

describe('nothing is saved', () => {
  const unchanged = async (
    work: (vault: Awaited<ReturnType<typeof openToChange>>) => Promise<unknown>,
    message: string,
  ) => {
    await set('pg', 'old')
    const vault = await openToChange(path, env())
    expect(await wrong(work(vault))).toEqual([expect.stringContaining(message)])
    expect(await values()).toMatchObject({ pg: 'old' })
  }

  test('that could not be read', () =>
    unchanged((vault) => save(vault, 'pg: [hunter2]\n'), 'secrets.age  holds no text for pg'))

  test('over what somebody else has changed meanwhile', () =>
    unchanged(async (vault) => {
      await set('mail', 'theirs')
      await save(vault, 'pg: mine\n')
    }, 'secrets.age  was changed by somebody else meanwhile; nothing was saved'))

  test('over what somebody else has made meanwhile', async () => {
    const vault = await openToChange(path, env())
    await set('pg', 'theirs')
    expect(await wrong(save(vault, 'pg: mine\n'))).toEqual([expect.stringContaining('is there already')])
    expect(await values()).toEqual({ pg: 'theirs' })
  })

  test('that would not open with the key that one has', () =>
    unchanged(async (vault) => {
      writeFileSync(join(folder, 'secrets.recipients'), other.recipient)
      await save(vault, 'pg: new\n')
    }, `is not encrypted for the key in TRUEUP_AGE_KEY`))

  test('for what is no public key', () =>
    unchanged(async (vault) => {
      writeFileSync(join(folder, 'secrets.recipients'), 'ssh-ed25519 AAAA')
      await save(vault, 'pg: new\n')
    }, 'cannot be encrypted for ssh-ed25519 AAAA: allowed are public keys of age, age1…'))

  test('where its folder is not', async () => {
    const vault = await openToChange(join(folder, 'none/secrets.age'), env())
    expect(await wrong(save(vault, 'pg: x\n'))).toEqual([
      expect.stringContaining('cannot be written: its folder is not there'),
    ])
  })
})

describe('others who may open it', () => {
  test('are not locked out', async () => {
    await seal('pg: x\n', me.recipient, other.recipient)
    expect(await wrong(set('pg', 'y'))).toEqual([
      `secrets.age  is encrypted for one more key than you have; write all public keys, one a line, into secrets.recipients (yours is ${me.recipient})`,
    ])
    expect(await values()).toEqual({ pg: 'x' })
  })

  test('are named in secrets.recipients', async () => {
    writeFileSync(join(folder, 'secrets.recipients'), `# us\n${me.recipient} # me\n\n${other.recipient}\n`)
    await set('pg', 'y')
    await set('pg', 'z', { ...env(), TRUEUP_AGE_KEY: other.key })
    expect(await values()).toEqual({ pg: 'z' })
  })

  test('are none where both keys are ours', async () => {
    await seal('pg: x\n', me.recipient, other.recipient)
    const both = { ...env(), TRUEUP_AGE_KEY: `${other.key}\n${me.key}` }
    await set('pg', 'y', both)
    expect(await values({ ...env(), TRUEUP_AGE_KEY: other.key })).toEqual({ pg: 'y' })
  })
})

describe('the key file', () => {
  const home = () => ({ HOME: folder })
  test('is made once, for us alone', async () => {
    const file = await writeFirstKey(me, home())
    expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700])
    expect(await readKeys(home())).toEqual({ keys: [me.key], source: file })
    await expect(writeFirstKey(other, home())).rejects.toThrow('is there already')
    expect((await readKeys(home())).keys).toEqual([me.key])
  })

  test('takes a new key before the old one', async () => {
    const file = await writeFirstKey(me, home())
    chmodSync(file, 0o644)
    await writeNextKey(other, home())
    expect((await readKeys(home())).keys).toEqual([other.key, me.key])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toContain(`# public key: ${other.recipient}\n`)
  })
})

// Only root can make a disk that is full.
test.runIf(process.getuid?.() === 0)('a full disk leaves the old file and nothing else', async () => {
  const { execFileSync } = await import('node:child_process')
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', disk])
  try {
    const file = join(disk, 'secrets.age')
    const vault = await openToChange(file, env())
    await save(vault, 'pg: old\n')
    const opened = await openToChange(file, env())
    expect(await wrong(save(opened, `pg: ${'x'.repeat(60_000)}\n`))).toEqual([
      expect.stringContaining('the disk is full'),
    ])
    expect(readdirSync(disk)).toEqual(['secrets.age'])
    expect((await openToChange(file, env())).text).toBe('pg: old\n')
  } finally {
    execFileSync('umount', [disk])
    rmSync(disk, { recursive: true })
  }
  expect(existsSync(disk)).toBe(false)
})
