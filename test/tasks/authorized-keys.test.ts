import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Declared, type State } from '../../lib/index.ts'
import { authorizedKeys } from '../../tasks/authorized-keys.ts'
import { path } from '../../tasks/path.ts'
import { parseKey, publicKey } from '../../tasks/ssh-key.ts'
import { foundOf } from '../found.ts'

const BODY = 'AAAAC3NzaC1lZDI1NTE5AAAAINidI/Fcszd0O3Sf/TOUxMjpMDcM1xMp3mr2MyD/hM7M'
const ED = `ssh-ed25519 ${BODY} me@laptop`
const ED_PRINT = 'SHA256:koH23s5TZtMzGEOuzVmS88PQQ9DBaPDNzCzZfrxTTNY'
const EC_BODY =
  'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFu30HCIbBuZdySy6w4BWxoM/RLK0QQ9RLRF04RKtNV/sVR7/gMEw18+vX7vgMp92Y8K6XCryOjL1jKdqm8UlqI='
const EC = `ecdsa-sha2-nistp256 ${EC_BODY} two words`
const EC_PRINT = 'SHA256:UGOgazqcy0pk4Py6ExDjMKOna2GIgMcpHgq7XZSlrjY'

describe('a public key', () => {
  it.each([
    [ED, ED_PRINT, 'ssh-ed25519 me@laptop'],
    [EC, EC_PRINT, 'ecdsa-sha2-nistp256 two words'],
    [`ssh-ed25519 ${BODY}`, ED_PRINT, 'ssh-ed25519'],
    [
      `  restrict,command="echo \\"hi\\" ssh-rsa AAAA" ${ED}\r`,
      ED_PRINT,
      'restrict,command="echo \\"hi\\" ssh-rsa AAAA" ssh-ed25519 me@laptop',
    ],
    [`from="10.0.0.0/8,!10.1.0.0/16"\t${ED}`, ED_PRINT, 'from="10.0.0.0/8,!10.1.0.0/16" ssh-ed25519 me@laptop'],
    [`cert-authority ${ED}`, ED_PRINT, 'cert-authority ssh-ed25519 me@laptop'],
    [`command="a\\\\" b" ${ED}`, ED_PRINT, 'command="a\\\\" b" ssh-ed25519 me@laptop'],
    [`command="a\\\u2028b" ${ED}`, ED_PRINT, 'command="a\\\u2028b" ssh-ed25519 me@laptop'],
    [`${ED}\u2028and more`, ED_PRINT, 'ssh-ed25519 me@laptop\u2028and more'],
    [`ssh-ed25519 A\r${BODY.slice(1, 9)}\v\f${BODY.slice(9)} me@laptop`, ED_PRINT, 'ssh-ed25519 me@laptop'],
  ])('is known by its fingerprint: %s', (line, fingerprint, rest) => {
    expect(parseKey(line)).toMatchObject({ fingerprint, rest })
  })

  it.each([
    '',
    '# comment',
    `# ${ED}`,
    `  #${ED}`,
    'ssh-ed25519',
    'hello world',
    'command="unclosed ssh-ed25519 AAAA',
    `ssh-ed25519\u2028${BODY}`,
    `ssh-ed25519 ${BODY}\u2028me`,
  ])('is not in %j', (line) => {
    expect(parseKey(line)).toBeUndefined()
  })

  it.each([
    ['cut off', `ssh-ed25519 ${BODY.slice(0, -8)}`],
    ['of another type than it says', `ssh-rsa ${BODY}`],
    ['two lines', `${ED}\n${EC}`],
    ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----'],
    ['nothing', ''],
  ])('is refused where it is %s', (_, line) => {
    expect(() => publicKey(line)).toThrow(TypeError)
  })

  it.each([
    ['blanks that a line separator follows', `ssh-ed25519 ${BODY}${' '.repeat(4000)}x\u2028y`],
    ['blanks in front', `${' '.repeat(200_000)}x`],
    ['blanks after options', `a${' \t'.repeat(100_000)}x`],
    ['quotes', `${'""'.repeat(100_000)}"`],
    ['quoted quotes', `"${'\\"'.repeat(100_000)}`],
    ['backslashes', '\\'.repeat(200_000)],
    ['a body without an end', `ssh-rsa AAAA${'A'.repeat(200_000)}!`],
  ])('is found or not found at once among %s', (_, line) => {
    const start = performance.now()
    parseKey(line)
    expect(performance.now() - start).toBeLessThan(200)
  })

  it('never makes the reader throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseKey(text)))
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('"', ' ', '\\', 'ssh-rsa', 'AAAA', BODY, 'x=')),
        (parts) => void parseKey(parts.join('')),
      ),
    )
  }, 20_000)
})

const task = (options: Partial<Parameters<typeof authorizedKeys>[0]> = {}) =>
  authorizedKeys({ user: 'deploy', keys: [ED, EC], ...options }) as Declared
const HOME = '/home/deploy/.ssh'
const is = (type: string | null, mode: string | null = null) => {
  const who = type === null ? null : 'deploy'
  return { type, mode, owner: who, group: who, target: null }
}
const found = (directory: State, file: State) =>
  foundOf(
    new Map([
      [`path:${HOME}`, directory],
      [`path:${HOME}/authorized_keys`, file],
    ]),
  )
const THERE = found(is('directory', '0700'), is('file', '0600'))
const OTHER = `ssh-ed25519 ${BODY.slice(0, -4)}hM7N other`

describe('authorizedKeys', () => {
  const { probe } = task().want
  const parse = (text: string, others = THERE) =>
    probe.family.parse(`${text}\0`, [probe.key], others).get(probe.key) as State

  it('reads keys, twins and attributes', () => {
    expect(probe.key).toBe('/home/deploy/.ssh/authorized_keys')
    expect(parse(`# hi\n${ED}\n\nrestrict ${ED}\n${EC}`)).toEqual({
      directory: '0700 deploy:deploy',
      file: '0600 deploy:deploy',
      [ED_PRINT]: 'ssh-ed25519 me@laptop',
      [`${ED_PRINT}, again`]: 'restrict ssh-ed25519 me@laptop',
      [EC_PRINT]: 'ecdsa-sha2-nistp256 two words',
    })
  })

  it('reads 2000 twins at once', () => {
    // The best of five: what the machine does meanwhile, and what the compiler does at first, does not count.
    const took: number[] = []
    for (let n = 0; n < 5; n += 1) {
      const start = process.cpuUsage().user
      parse(`${ED}\n`.repeat(2000))
      took.push((process.cpuUsage().user - start) / 1000)
    }
    expect(Math.min(...took)).toBeLessThan(200)
    const state = parse(`${ED}\n`.repeat(2000))
    expect(Object.keys(state)).toHaveLength(2002)
    expect(state).toHaveProperty([`${ED_PRINT}, again (3)`], 'ssh-ed25519 me@laptop')
  })

  it('refuses a file that is too large to be read', () => {
    expect(parse('#'.repeat(256 * 1024))).not.toBeInstanceOf(Error)
    expect(parse('#'.repeat(256 * 1024 + 1))).toEqual(new Error(`${probe.key} is larger than 262144 bytes`))
  })

  it('reads a home that is not there, and links for what they are', () => {
    expect(parse('', found(is(null), is(null)))).toEqual({ directory: null, file: null })
    expect(parse('', found(is('link'), is('file', '0600')))).toMatchObject({ directory: 'link' })
  })

  it('keeps other keys, and replaces lines of its own keys', () => {
    expect(task().want).toMatchObject({ exactly: false })
    expect(task().owns).toEqual([{ path: '/home/deploy/.ssh/authorized_keys', part: true }])
    expect(String(task().apply({ now: {}, changes: [], keys: [EC_PRINT, 'file'] }))).toBe(
      `tu_dir /home/deploy/.ssh 0700 deploy deploy && tu_enter /home/deploy/.ssh/authorized_keys && if [ -e ./authorized_keys ]; then
  text=$(set -o pipefail; dd if=./authorized_keys iflag=nofollow,nonblock status=none | { grep -av -e '^[[:space:]]*[^#[:space:]].*${EC_BODY}' || [ $? = 1 ]; } && printf x)
else text=x; fi &&
text=\${text%x} &&
{ printf %s "$text"; [ -z "\${text##*$'\\n'}" ] || echo; printf %s '${EC}
'; } | tu_put /home/deploy/.ssh/authorized_keys 0600 deploy deploy`,
    )
  })

  it('has these keys and no others with exactly', () => {
    const exact = task({ user: 'root', exactly: true })
    expect(exact.want).toMatchObject({
      exactly: true,
      want: { directory: '0700 root:root', file: '0600 root:root', [ED_PRINT]: 'ssh-ed25519 me@laptop' },
    })
    expect(exact.owns).toEqual([{ path: '/root/.ssh/authorized_keys' }])
    const command = exact.apply({ now: {}, changes: [], keys: [] })
    expect(String(command)).toMatch(
      /^tu_dir \/root\/.ssh 0700 root root && tu_put \/root\/.ssh\/authorized_keys 0600 root root ‹/,
    )
    expect(command.blobs[0]?.bytes.toString()).toBe(`${ED}\n${EC}\n`)
  })

  it('claims the folder and the file', () => {
    expect(task().provides).toEqual([
      path('/home/deploy/.ssh').is({ type: 'directory', mode: '0700', owner: 'deploy', group: 'deploy' }),
      path('/home/deploy/.ssh/authorized_keys').is({ type: 'file', mode: '0600', owner: 'deploy', group: 'deploy' }),
    ])
  })

  it('refuses what would be ambiguous or lock the user out', () => {
    expect(() => task({ keys: [ED, `restrict ${ED}`] })).toThrow(/there twice/)
    expect(() => task({ keys: [], exactly: true })).toThrow(/locked out/)
    expect(() => task({ user: '../x' })).toThrow(TypeError)
    expect(() => task({ keys: [OTHER, 'junk'] })).toThrow(TypeError)
    expect(task({ keys: [ED, ED] }).want.want).not.toHaveProperty(EC_PRINT)
  })
})
