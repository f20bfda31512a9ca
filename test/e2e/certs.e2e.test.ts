import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import * as z from 'zod'
import { certificateFor, type CertificateOptions, ecKeys, keyPem, rsaKeys } from '../certificates.ts'
import { diffManifest, down, inventoryFile, manifest, reset, up } from '../sandbox/index.ts'
import { holdsTo, mends, troubles } from './contract.ts'
import { on } from './judge.ts'
import { cli, trueup } from './trueup.ts'

const HOST = 'certs'
const SSL = '/root/moja-dzialka/nginx/ssl'
const PAIR = `${SSL}/cloudflare-origin`
const CA = '/etc/trueup-ca/ca'
const Inventory = z.looseObject({ hosts: z.record(z.string(), z.unknown()), vars: z.looseObject({}) })

let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-certs-'))
  await up([HOST])
  await reset([HOST])
  await on(HOST, 'mkdir /root/moja-dzialka')
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await down([HOST])
})

/** What openssl says of the pair on the host: whether clients that trust this authority would take it for this name. */
const verified = (name: string) =>
  on(
    HOST,
    `openssl verify -x509_strict -purpose sslserver -verify_hostname ${name} -CAfile ${CA}.pem ${PAIR}.pem 2>&1 || :`,
  )

describe('a certificate of the host’s own authority', () => {
  it('is issued as foretold, and once', async () => {
    const { dry, first } = await holdsTo(HOST, ['certs'])
    expect(first.handlers).toEqual([])
    expect(dry.tasks.filter(({ status }) => status === 'would-change')).toHaveLength(5)
    expect(await verified('www.moja-dzialka.test')).toContain('OK')
    expect(await verified('a.b.moja-dzialka.test')).toMatch(/hostname mismatch/i)
    expect(await on(HOST, `stat -c '%a %U:%G' ${SSL} ${PAIR}.key ${PAIR}.pem ${CA}.key; ls -A ${SSL}`)).toBe(
      '700 root:root\n600 root:root\n644 root:root\n600 root:root\ncloudflare-origin.key\ncloudflare-origin.pem\n',
    )
    await on(HOST, 'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq nginx')
  })

  it('has a key that never leaves the host', async () => {
    await on(HOST, `rm ${PAIR}.key ${CA}.key`)
    const { code, stdout, stderr } = await cli(['--role', 'certs', '--limit', HOST, '--json', '-v'])
    expect(code, stdout + stderr).toBe(0)
    for (const key of [PAIR, CA]) {
      const [first = '', second = ''] = (await on(HOST, `grep -v -- ----- ${key}.key`)).split('\n')
      expect(first.length).toBeGreaterThan(40)
      for (const line of [first, second]) expect(stdout + stderr).not.toContain(line)
    }
    expect(stdout).toContain('reload nginx')
    expect(await verified('moja-dzialka.test')).toContain('OK')
  })

  const again = {
    role: 'certs',
    task: `certificate ${PAIR}.pem`,
    handlers: ['reload nginx'],
    trips: 4,
    moved: /cloudflare-origin\.(key|pem)/,
  }
  const other = 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256'
  const expiring = `echo subjectAltName=DNS:moja-dzialka.test,DNS:*.moja-dzialka.test > /run/ext
openssl req -new -key ${PAIR}.key -subj /CN=x | openssl x509 -req -CA ${CA}.pem -CAkey ${CA}.key -days 5 -extfile /run/ext -out ${PAIR}.pem`
  it.each([
    { ...again, name: 'its key removed', command: `rm ${PAIR}.key` },
    { ...again, name: 'its key replaced by another', command: `${other} > ${PAIR}.key` },
    { ...again, name: 'its key a link', command: `mv ${PAIR}.key /run/key; ln -s /run/key ${PAIR}.key` },
    { ...again, name: 'five days left', command: expiring },
  ])('is mended with $name, by exactly one task', async (one) => {
    await mends(HOST, one)
    expect(await verified('moja-dzialka.test')).toContain('OK')
  })

  it('is taken up by nobody while nginx is broken or down, and no harm is done', async () => {
    await on(HOST, `echo nonsense > /etc/nginx/conf.d/broken.conf; rm ${PAIR}.pem`)
    const broken = await trueup(HOST, ['certs'])
    expect(broken.code, troubles(broken)).toBe(0)
    await on(HOST, `rm /etc/nginx/conf.d/broken.conf; systemctl is-active nginx; systemctl stop nginx; rm ${PAIR}.pem`)
    const stopped = await trueup(HOST, ['certs'])
    expect({ code: stopped.code, handlers: stopped.handlers }, troubles(stopped)).toEqual({ code: 0, handlers: [] })
    await on(HOST, 'systemctl start nginx')
  })
})

describe('a certificate that is given', () => {
  const KEYS = ecKeys()
  const days = (count: number) => new Date(Date.now() + count * 86_400_000)
  const names = ['moja-dzialka.test', '*.moja-dzialka.test']
  const made = (options: CertificateOptions = {}, keys = KEYS) =>
    certificateFor(keys, { names, from: days(-1), until: days(90), ...options })

  /** The sandbox's inventory with this pair as files beside it. */
  const inventory = (certificate: string, key: string, more: object = {}): string => {
    const file = join(folder, 'inventory.yml')
    writeFileSync(join(folder, 'origin.pem'), certificate)
    writeFileSync(join(folder, 'origin.key'), key, { mode: 0o600 })
    chmodSync(join(folder, 'origin.key'), 0o600)
    const { hosts, ...rest } = Inventory.parse(parse(readFileSync(inventoryFile, 'utf8')))
    const vars = { certs: { source: 'given', certificate: 'CERTIFICATE', key: 'KEY', ...more } }
    const text = stringify({ ...rest, hosts: { [HOST]: hosts[HOST] }, vars })
    writeFileSync(file, text.replace('CERTIFICATE', '!file origin.pem').replace('KEY', '!file origin.key'))
    return file
  }

  it('is refused with its flaw before anything is replaced, and the host is as it was (F24)', async () => {
    const before = await manifest(HOST)
    const cases: readonly [string, string, RegExp][] = [
      [made(), keyPem(ecKeys()), /the key is another certificate's/],
      [made({ until: days(-1) }), keyPem(KEYS), /the certificate expired on/],
      [made({ from: days(2) }), keyPem(KEYS), /the certificate is not valid before/],
      [made({ names: ['b.test'] }), keyPem(KEYS), /is for b\.test; it must also cover moja-dzialka\.test, www/],
      ['nonsense', keyPem(KEYS), /the certificate cannot be read/],
      [made(), 'nonsense', /the key cannot be read/],
      [made({}, rsaKeys(1024)), keyPem(KEYS), /key is RSA 1024/],
    ]
    for (const [certificate, key, says] of cases) {
      const told = await trueup(HOST, ['certs'], '-i', inventory(certificate, key))
      const failed = told.tasks.filter(({ status }) => status === 'failed')
      expect(failed).toMatchObject([{ task: 'the given certificate is sound', message: expect.stringMatching(says) }])
      expect({ code: told.code, trips: told.trips }).toEqual({ code: 1, trips: 1 })
    }
    const dry = await trueup(HOST, ['certs'], '--dry-run', '-i', inventory('nonsense', keyPem(KEYS)))
    expect(dry.code).toBe(1)
    expect(diffManifest(before, await manifest(HOST))).toEqual([])
  })

  it('is refused before any host is touched where its key is for all to read', async () => {
    const file = inventory(made(), keyPem(KEYS))
    chmodSync(join(folder, 'origin.key'), 0o666)
    const { code, stdout, stderr } = await cli(['-i', file, '--role', 'certs'])
    expect(stderr).toMatch(/inventory\.yml:\d+:\d+ {2}file origin\.key .*others may read \(0666\); chmod 600 /)
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
  })

  it('is installed as foretold and warned about in its last days, without a word of its key', async () => {
    const ca = certificateFor(ecKeys(), { ca: true })
    const pem = made({ until: days(20.5) })
    const file = inventory(pem, keyPem(KEYS), { originPulls: { ca } })
    const dry = await trueup(HOST, ['certs'], '--dry-run', '-i', file)
    const first = await trueup(HOST, ['certs'], '-v', '-i', file)
    const did = ({ tasks, handlers }: typeof dry, status: string) =>
      [...tasks, ...handlers].filter((one) => one.status === status).map(({ task }) => task)
    expect(did(first, 'changed'), troubles(first)).toEqual(did(dry, 'would-change'))
    expect(did(first, 'changed')).toEqual([`certificate ${PAIR}.pem`, `file ${SSL}/origin-pull-ca.pem`, 'reload nginx'])
    for (const { warnings } of [dry, first])
      expect(warnings.join()).toMatch(/expires on .*, in 20 days; give a new one/)
    expect(await on(HOST, `cat ${PAIR}.pem ${PAIR}.key ${SSL}/origin-pull-ca.pem`)).toBe(pem + keyPem(KEYS) + ca)
    expect(first.stdout).not.toContain(keyPem(KEYS).split('\n')[1])
    const second = await trueup(HOST, ['certs'], '-i', file)
    expect({ code: second.code, trips: second.trips, warned: second.warnings.length }).toEqual({
      code: 0,
      trips: 1,
      warned: 1,
    })
  })
})
