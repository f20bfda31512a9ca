import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Context, Secret, sh, sha256, type Task } from '../../lib/index.ts'
import { judge } from '../../lib/language/judge.ts'
import { certificate, given, issued, type Issuer, modes, soundAuthority, soundPair } from '../../tasks/certificate.ts'
import { covers, flaws, namesOf } from '../../tasks/certificate/x509.ts'
import { certificateFor, type CertificateOptions, ecKeys, keyPem, type Keys, rsaKeys } from '../certificates.ts'
import { nothing } from '../found.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const days = (count: number) => new Date(NOW.getTime() + count * 86_400_000)
const HOSTS = ['a.test', 'www.a.test', 'grafana.a.test']
const NAMES = ['a.test', '*.a.test']
const KEYS = ecKeys()
const OTHER = ecKeys()
const made = (options: CertificateOptions = {}, keys = KEYS) =>
  certificateFor(keys, { names: NAMES, from: days(-10), until: days(90), ...options })
const found = (cert: string, key?: string) => flaws(cert, key, { hosts: HOSTS, now: NOW })

describe('the names of a certificate', () => {
  it('are its DNS names in lower case, in their order', () => {
    expect(namesOf(new X509Certificate(made({ names: ['B.test', '*.a.test'] })))).toEqual(['b.test', '*.a.test'])
    expect(namesOf(new X509Certificate(certificateFor(KEYS)))).toEqual([])
  })

  it('cannot be smuggled in by one that holds a comma', () => {
    expect(covers(namesOf(new X509Certificate(made({ names: ['x, DNS:a.test'] }))), 'a.test')).toBe(false)
  })

  it.each([
    [NAMES, 'a.test', true],
    [NAMES, 'www.a.test', true],
    [NAMES, 'x.www.a.test', false],
    [['*.a.test'], 'a.test', false],
    [['a.test'], 'www.a.test', false],
    [['*.test'], 'www.a.test', false],
    [['www.*.test'], 'www.a.test', false],
    [['w*.a.test'], 'www.a.test', false],
  ])('%j cover %s: %s', (names, host, is) => {
    expect(covers(names, host)).toBe(is)
  })

  it('cover what OpenSSL says they cover', () => {
    const label = fc.constantFrom('a', 'b', 'www', 'x-1')
    const host = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'))
    const name = fc.tuple(fc.boolean(), host).map(([wild, rest]) => (wild ? `*.${rest}` : rest))
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 3 }), host, (names, wanted) => {
        const cert = new X509Certificate(made({ names }))
        expect(covers(namesOf(cert), wanted)).toBe(cert.checkHost(wanted, { subject: 'never' }) !== undefined)
      }),
    )
  })
})

describe('a certificate and its key', () => {
  it('without flaws are taken, with RSA and with a chain behind', () => {
    expect(found(made(), keyPem(KEYS))).toEqual([])
    expect(found(made() + made({}, OTHER), keyPem(KEYS))).toEqual([])
    expect(found(made({ names: HOSTS }), keyPem(KEYS))).toEqual([])
    const rsa = rsaKeys()
    expect(found(made({}, rsa), String(rsa.privateKey.export({ type: 'pkcs1', format: 'pem' })))).toEqual([])
  })

  it.each<[string, string, Keys | string, RegExp]>([
    ['expired', made({ until: days(-1) }), KEYS, /expired on 2026-05-31.*today is 2026-06-01/],
    ['not valid yet', made({ from: days(1) }), KEYS, /not valid before 2026-06-02/],
    [
      'for another name',
      made({ names: ['b.test'] }),
      KEYS,
      /is for b\.test; .*a\.test, www\.a\.test, grafana\.a\.test/,
    ],
    ['for the apex only', made({ names: ['a.test'] }), KEYS, /must also cover www\.a\.test, grafana\.a\.test$/],
    ['for no name', made({ names: [] }), KEYS, /no name at all/],
    ["with another's key", made(), OTHER, /key is another certificate's/],
    ['with its chain in front', made({}, OTHER) + made(), KEYS, /certificate 2 of the chain/],
    ['no certificate', 'nonsense', KEYS, /the certificate cannot be read/],
    ['half of one', made().slice(0, 300), KEYS, /the certificate cannot be read/],
    ['damaged', made().replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA'), KEYS, /the certificate cannot be read/],
    ['with nonsense for a key', made(), 'nonsense', /the key cannot be read/],
    ['with a certificate for a key', made(), made(), /the key cannot be read/],
    [
      'with a locked key',
      made(),
      String(KEYS.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })),
      /without a passphrase/,
    ],
  ])('are refused: %s', (_, cert, key, says) => {
    expect(found(cert, typeof key === 'string' ? key : keyPem(key))).toEqual([expect.stringMatching(says)])
  })

  it.each([
    ['RSA 1024', rsaKeys(1024)],
    ['EC secp256k1', ecKeys('secp256k1')],
    ['EC secp521r1', ecKeys('P-521')],
  ])('are refused: %s', (kind, keys) => {
    expect(found(made({}, keys), keyPem(keys))).toEqual([expect.stringContaining(`key is ${kind}; wanted is RSA 2048`)])
  })

  it('are told all their flaws at once, and never their key', () => {
    const all = found(made({ names: ['b.test'], until: days(-1) }), keyPem(OTHER))
    expect(all).toHaveLength(3)
    expect(all.join()).not.toContain(keyPem(OTHER).split('\n')[1])
  })
})

const PAIR = { cert: '/s/a.pem', key: '/s/a.key' }
const publicPem = (keys: Keys) => String(keys.publicKey.export({ type: 'spki', format: 'pem' }))
const file = (kind: string, path: string, content: string) => `${kind} ${path}\0${content}\0`
const host = (...files: readonly string[]) => `${NOW.getTime() / 1000}\0${files.join('')}`
const cert64 = (pem: string) => Buffer.from(pem).toString('base64')
const asked = (probe: ReturnType<typeof certificate>, stdout: string) =>
  probe.family.parse(stdout, [probe.key], nothing).get(probe.key)

describe('the state of a pair', () => {
  const pem = made({ names: ['b.test', 'a.test'], until: days(29.5) })
  const there = host(file('certificate', PAIR.cert, cert64(pem)), file('key', PAIR.key, publicPem(KEYS)))

  it('is read of its files', () => {
    expect(asked(certificate(PAIR), there)).toEqual({
      names: 'a.test b.test',
      kind: 'EC P-256',
      expires: '2026-07-01',
      days: 29,
      lasting: true,
      sha256: sha256(pem),
      matches: true,
      signed: false,
    })
  })

  it.each([
    [29, true],
    [30, false],
  ])('lasts %i days more: %s', (count, is) => {
    expect(asked(certificate(PAIR, { days: count }), there)).toMatchObject({ lasting: is })
  })

  it.each([
    ['not valid yet', made({ from: days(1) })],
    ['expired', made({ until: days(-0.1) })],
  ])('does not last when it is %s', (_, content) => {
    expect(asked(certificate(PAIR), host(file('certificate', PAIR.cert, cert64(content))))).toMatchObject({
      lasting: false,
    })
  })

  it.each([
    ['there is no openssl', ''],
    ['there is nothing', host(file('certificate', PAIR.cert, ''), file('key', PAIR.key, ''))],
    ['there is nonsense', host(file('certificate', PAIR.cert, 'AAAA'), file('key', PAIR.key, publicPem(KEYS)))],
  ])('is nothing where %s', (_, stdout) => {
    expect(asked(certificate(PAIR), stdout)).toMatchObject({
      names: null,
      sha256: null,
      matches: false,
      lasting: false,
    })
  })

  it.each([
    ['no key', ''],
    ['another key', publicPem(OTHER)],
  ])('does not match with %s', (_, key) => {
    const stdout = host(file('certificate', PAIR.cert, cert64(pem)), file('key', PAIR.key, key))
    expect(asked(certificate(PAIR), stdout)).toMatchObject({ names: 'a.test b.test', matches: false })
  })

  it('knows who signed it', () => {
    const ca = { name: 'ca', keys: OTHER }
    const signed = made({ by: ca })
    const authority = certificateFor(OTHER, { name: 'ca' })
    const signedBy = (one: string) =>
      asked(
        certificate(PAIR, { ca: '/ca.pem' }),
        host(file('certificate', PAIR.cert, cert64(signed)), file('certificate', '/ca.pem', cert64(one))),
      )
    expect(signedBy(authority)).toMatchObject({ signed: true })
    expect(signedBy(certificateFor(KEYS, { name: 'ca' }))).toMatchObject({ signed: false })
    expect(signedBy('')).toMatchObject({ signed: false })
  })

  it('of several costs one look at each file, however much is asked about it', () => {
    const keys = [certificate(PAIR), certificate(PAIR, { days: 30 }), certificate(PAIR, { ca: '/ca.pem' })]
    const read = String(keys[0]?.family.read(keys.map(({ key }) => key)))
    expect(read).toContain('for path in /s/a.pem /ca.pem;')
    expect(read).toContain('for path in /s/a.key;')
  })

  it('cannot be asked of a path with a colon', () => {
    expect(() => certificate({ cert: '/a:b', key: '/k' })).toThrow(/colon/)
    expect(() => certificate({ cert: 'a.pem', key: '/k' })).toThrow(/begins with \//)
  })
})

describe('a pair that is given', () => {
  const judged = (task: Task | undefined, now = NOW) => {
    if (task?.kind !== 'check') throw new Error('it is a check')
    const { probe } = task.want
    const state = probe.family.parse(String(now.getTime() / 1000), [probe.key], nothing).get(probe.key)
    if (state === undefined || state instanceof Error) throw new Error('it has a state')
    return judge(task, { get: () => ({ state }) })
  }
  const pair = (certificate: string, keys = KEYS) =>
    soundPair({ certificate, key: keyPem(keys), hosts: HOSTS, minDays: 30 })

  it('is installed as one, without a word of the key', () => {
    const pem = made()
    const task = given({ ...PAIR, certificate: pem, secret: new Secret('origin_key', keyPem(KEYS)) })
    const command = String(task.apply({ now: {}, changes: [], keys: [] }))
    expect(command).toMatch(/cat > "\$stage\/key" ‹\d+ B secret origin_key› && cat > "\$stage\/cert" ‹/)
    expect(command.indexOf('openssl pkey')).toBeLessThan(command.indexOf('mv -fT'))
    expect(task.want.want).toEqual({ sha256: sha256(pem), matches: true, lasting: true })
  })

  it('is told of with every flaw before anything is replaced, at the host’s time', () => {
    expect(judged(pair(made())[0])).toEqual({ kind: 'ok' })
    expect(judged(pair(made())[0], days(91))).toMatchObject({ kind: 'failed' })
    expect(judged(pair(made({ until: days(-1) }, OTHER))[0])).toEqual({
      kind: 'failed',
      message: expect.stringMatching(
        /^the given certificate is refused, and nothing was replaced: the key is another.*; the certificate expired on/,
      ),
    })
  })

  it.each([
    [30.5, undefined],
    [29.5, 'the given certificate expires on 2026-07-01, in 29 days; give a new one before that (wanted: 30 days)'],
  ])('with %d days left is warned about: %s', (left, warning) => {
    expect(judged(pair(made({ until: days(left) }))[1])).toEqual({ kind: 'ok', ...(warning && { warning }) })
  })

  it.each([
    ['one of an authority', certificateFor(OTHER, { ca: true }), undefined],
    ['two of them', certificateFor(OTHER, { ca: true }) + certificateFor(KEYS, { ca: true }), undefined],
    ['one of a server', made({ name: 'a.test' }), 'CN=a.test is no authority'],
    ['an old one', certificateFor(OTHER, { ca: true, until: days(-1) }), 'CN=test expired on 2026-05-31'],
    ['nonsense', 'nonsense', 'it cannot be read'],
  ])('an authority is %s: %s', (_, pem, says) => {
    expect(judged(soundAuthority('the CA', pem))).toEqual(
      says === undefined
        ? { kind: 'ok' }
        : { kind: 'failed', message: expect.stringContaining(`the CA is refused, and nothing was replaced: ${says}`) },
    )
  })
})

describe('a pair that is issued', () => {
  const recorded = () => {
    const commands: string[] = []
    const $: Context['$'] = (texts, ...parts) => {
      commands.push(String(sh(texts, ...parts)))
      const ran = Promise.resolve({ code: 0, stdout: 'REQUEST\n', stderr: '' })
      return Object.assign(ran, {
        nothrow: () => ran,
        text: () => Promise.resolve('REQUEST'),
        exitCode: Promise.resolve(0),
      })
    }
    return { commands, ctx: { $, upload: () => Promise.resolve() } satisfies Context }
  }
  const options = { ...PAIR, names: NAMES, days: 365, minDays: 30 }
  const fresh = () => certificateFor(KEYS, { names: NAMES })
  const run = async (issuer: Issuer) => {
    const { commands, ctx } = recorded()
    const work = issued({ ...options, issuer }).run(ctx, { now: {}, changes: [], keys: [] })
    return { commands, error: await work.then(() => undefined, String) }
  }

  it('asks its issuer with a request made on the host, and installs the answer', async () => {
    const asks: unknown[] = []
    const { commands, error } = await run({
      sign: (_, request, wanted) => {
        asks.push([request, wanted])
        return Promise.resolve(fresh())
      },
    })
    expect(error).toBeUndefined()
    expect(asks).toEqual([['REQUEST', { names: NAMES, days: 365 }]])
    expect(commands).toEqual([
      expect.stringMatching(/openssl req -new .* -addext 'subjectAltName=DNS:a\.test,DNS:\*\.a\.test'$/),
      expect.stringMatching(/cat > "\$stage\/cert" ‹.*mv -fT -- "\$stage\/key" \/s\/a\.key/s),
    ])
  })

  it.each<[string, () => Promise<string>, RegExp]>([
    ['will not', () => Promise.reject(new Error('no credit')), /no credit/],
    ['signs for others', () => Promise.resolve(certificateFor(KEYS, { names: ['b.test'] })), /issuer.*must also cover/],
    ['talks nonsense', () => Promise.resolve('<html>'), /issuer.*cannot be read/],
  ])('installs nothing where the issuer %s', async (_, sign, says) => {
    const { commands, error } = await run({ sign })
    expect(error).toMatch(says)
    expect(commands).toHaveLength(2)
    expect(commands[1]).toBe('rm -rf -- /s/.trueup.next')
  })

  it('is wanted to be signed where the issuer’s own certificate is on the host', () => {
    const issuer = { sign: () => Promise.resolve('') }
    expect(issued({ ...options, issuer }).want.want).not.toHaveProperty('signed')
    expect(issued({ ...options, issuer: { ...issuer, ca: '/ca.pem' } }).want.want).toMatchObject({ signed: true })
  })

  it.each(['a b', 'a.test,IP:10.0.0.1', '', 'A.test'])('is not for %j', (name) => {
    expect(() => issued({ ...options, names: [name], issuer: { sign: () => Promise.resolve('') } })).toThrow(TypeError)
  })
})

it('a mode that went astray is put right in place', () => {
  const [key] = modes(PAIR)
  expect(key).toMatchObject({
    kind: 'task',
    title: 'mode of /s/a.key',
    want: { want: { mode: '0600', owner: 'root' } },
  })
  expect(key?.kind === 'task' && String(key.apply({ now: {}, changes: [], keys: [] }))).toBe(
    'chown root:root -- /s/a.key && chmod 0600 -- /s/a.key',
  )
})
