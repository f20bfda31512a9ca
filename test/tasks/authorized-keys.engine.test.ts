import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Declared, raw, sh, type State } from '../../lib/index.ts'
import { changes } from '../../lib/language/state.ts'
import { authorizedKeys } from '../../tasks/authorized-keys.ts'
import { bash } from './bash.ts'
import { asked } from '../found.ts'

const ED = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINidI/Fcszd0O3Sf/TOUxMjpMDcM1xMp3mr2MyD/hM7M me@laptop'
const EC =
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFu30HCIbBuZdySy6w4BWxoM/RLK0QQ9RLRF04RKtNV/sVR7/gMEw18+vX7vgMp92Y8K6XCryOjL1jKdqm8UlqI= ec'

describe.skipIf(process.getuid?.() !== 0)('authorized keys', () => {
  let home = ''
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'tu-keys-'))
  })
  afterEach(() => rmSync(home, { recursive: true }))

  const task = (keys: string[], exactly = false) => authorizedKeys({ user: 'root', home, keys, exactly }) as Declared
  const look = ({ want: { probe } }: Declared): State => {
    const [state] = asked([probe], bash)
    return state as State
  }
  const drift = (one: Declared) => {
    const now = look(one)
    const found = changes(one.want.want, now, one.want.exactly)
    return { now, changes: found, keys: found.map(({ key }) => key) }
  }
  const converge = (one: Declared) => {
    const ended = bash(one.apply(drift(one)))
    return { ...ended, left: drift(one).keys }
  }
  const file = () => join(home, '.ssh/authorized_keys')
  const start = (text: string) => {
    mkdirSync(join(home, '.ssh'), { mode: 0o755 })
    writeFileSync(file(), text, { mode: 0o644 })
  }

  it.each([true, false])('are made where there is nothing (exactly: %s)', (exactly) => {
    expect(converge(task([ED, EC], exactly))).toMatchObject({ code: 0, left: [] })
    expect(readFileSync(file(), 'utf8')).toBe(`${ED}\n${EC}\n`)
    expect([statSync(file()).mode & 0o7777, statSync(join(home, '.ssh')).mode & 0o7777]).toEqual([0o600, 0o700])
  })

  it('keep what else is there, byte for byte', () => {
    const other = `# ${ED}\r\n\n  from="x" ssh-rsa AAAAB3Nz other\nj\xffunk\n\n`
    start(`${other}restrict ${ED}`)
    expect(converge(task([ED, EC]))).toMatchObject({ code: 0, left: [] })
    expect(readFileSync(file(), 'utf8')).toBe(`${other}${ED}\n${EC}\n`)
    writeFileSync(file(), ED)
    expect(converge(task([ED, EC]))).toMatchObject({ code: 0, left: [] })
    expect(readFileSync(file(), 'utf8')).toBe(`${ED}\n${EC}\n`)
  })

  it('change nothing but a mode where only that is wrong', () => {
    start(`${ED}\n${EC}`)
    expect(drift(task([ED])).keys).toEqual(['directory', 'file'])
    expect(converge(task([ED]))).toMatchObject({ code: 0, left: [] })
    expect(readFileSync(file(), 'utf8')).toBe(`${ED}\n${EC}\n`)
  })

  it('are all that is there with exactly', () => {
    start(`# note\n${EC}\nrestrict ${ED}\n${ED}\n`)
    expect(converge(task([ED], true))).toMatchObject({ code: 0, left: [] })
    expect(readFileSync(file(), 'utf8')).toBe(`${ED}\n`)
  })

  it('are all that is there, a NUL or not', () => {
    start(`${ED}\n\0\n${EC}\n`)
    expect(drift(task([ED], true)).keys).toHaveLength(3)
    expect(converge(task([ED], true))).toMatchObject({ code: 0, left: [] })
    expect(readFileSync(file(), 'utf8')).toBe(`${ED}\n`)
  })

  it('are looked for in a file that is just not too large', () => {
    start(`# ${'#'.repeat(256 * 1024 - 2)}`)
    expect(look(task([ED]))).not.toBeInstanceOf(Error)
    writeFileSync(file(), `# a\0${ED}\n`)
    expect(Object.values(look(task([ED])))).toContain('ssh-ed25519 me@laptop')
  })

  it('are not looked for in a file that is too large', () => {
    start('#'.repeat(256 * 1024 + 1))
    expect(String(look(task([ED])))).toContain(`${file()} is larger than 262144 bytes`)
  })

  it('are merged with what is in the folder itself, whatever takes its name meanwhile', () => {
    start('# mine\n')
    mkdirSync(join(home, 'theirs'))
    writeFileSync(join(home, 'theirs/authorized_keys'), '# secret\n')
    const swap = `dd() {
      mv ${home}/.ssh ${home}/aside && ln -s theirs ${home}/.ssh
      command dd "$@"; local code=$?
      rm ${home}/.ssh && mv ${home}/aside ${home}/.ssh; return $code
    }`
    const one = task([ED])
    expect(bash(sh`${raw(swap)}; ${one.apply(drift(one))}`)).toMatchObject({ code: 0 })
    expect(readFileSync(file(), 'utf8')).toBe(`# mine\n${ED}\n`)
  })

  it('follow no link', () => {
    const victim = join(home, 'victim')
    writeFileSync(victim, 'secret\n')
    mkdirSync(join(home, '.ssh'))
    symlinkSync(victim, file())
    const { code, stderr } = bash(task([ED]).apply({ now: {}, changes: [], keys: drift(task([ED])).keys }))
    expect(code).not.toBe(0)
    expect(stderr).toContain('dd: failed to open')
    rmSync(join(home, '.ssh'), { recursive: true })
    mkdirSync(join(home, 'elsewhere'))
    symlinkSync(join(home, 'elsewhere'), join(home, '.ssh'))
    expect(look(task([ED]))).toMatchObject({ directory: 'link' })
    expect(converge(task([ED])).stderr).toContain('symbolic link')
    expect(readFileSync(victim, 'utf8')).toBe('secret\n')
  })
})
