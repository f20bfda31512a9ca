import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../bin/build.ts'

const dir = mkdtempSync(join(tmpdir(), 'trueup-start-'))
const program = join(dir, 'run.js')
let caches = 0

beforeAll(() => bundle('test/cli/fixtures/run.ts', dir), 60_000)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** The roles of the program, started so. */
const start = (env: NodeJS.ProcessEnv) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--list-roles'], {
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** A folder for compiled code that has been filled, and the files in it. */
const filled = () => {
  const folder = join(dir, `cache-${(caches += 1)}`)
  const env = { TRUEUP_CACHE: folder }
  const first = start(env)
  const [build = ''] = readdirSync(folder)
  const files = readdirSync(join(folder, build)).map((name) => join(folder, build, name))
  const main = files.find((file) => /\/main-[^/]*$/.test(file)) ?? 'none'
  return { env, first, folder, build, files, main }
}

/** What V8 makes of a piece that only says this, and is as long as the true one: V8 looks at no more than that. */
const forged = (main: string, text: string): Buffer => {
  const { length } = readFileSync(join(dir, 'run', main.split('/').at(-1) ?? ''), 'utf8')
  const code = execFileSync(process.execPath, [
    '-e',
    `const source = ${JSON.stringify(`(console.log(${JSON.stringify(text)}), process.exit(0))`)}.padEnd(${length})
const script = new (require('vm').Script)(source)
process.stdout.write(script.createCachedData().toString('base64'))`,
  ]).toString()
  const bytes = Buffer.from(code, 'base64')
  const sum = Buffer.alloc(4)
  sum.writeUInt32LE(crc32(bytes))
  return Buffer.concat([sum, bytes])
}

const good = () => start({ TRUEUP_CACHE: '' })

describe('what V8 has compiled', () => {
  it('is kept at the first start, for nobody else, and left alone from then on', () => {
    const { env, first, folder, build, files } = filled()
    expect(first).toEqual(good())
    expect(first).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('notes\n') })
    expect(files.length).toBeGreaterThan(1)
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, build)).mode & 0o777).toBe(0o700)
    const before = files.map((file) => statSync(file).ino)
    expect(start(env)).toEqual(first)
    expect(files.map((file) => statSync(file).ino)).toEqual(before)
  })

  it.each<[string, (file: string) => void]>([
    ['empty', (file) => truncateSync(file)],
    ['cut short', (file) => truncateSync(file, statSync(file).size - 100)],
    ['of other bytes', (file) => writeFileSync(file, Buffer.alloc(5000, 7))],
    [
      'damaged in the middle, where V8 does not look',
      (file) => {
        const bytes = readFileSync(file)
        bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 64)
        writeFileSync(file, bytes)
      },
    ],
    ['not there', (file) => rmSync(file)],
  ])('is made anew where it is %s', (_, damage) => {
    const { env, first, files } = filled()
    const whole = files.map((file) => statSync(file).size)
    for (const file of files) damage(file)
    expect(start(env)).toEqual(first)
    expect(files.map((file) => statSync(file).size > 1000)).toEqual(whole.map((size) => size > 1000))
    expect(start(env)).toEqual(first)
  })

  it('is run without being looked at, so that a file that others may write is not believed', () => {
    const { env, first, main } = filled()
    writeFileSync(main, forged(main, 'forged'))
    expect(start(env).stdout).toBe('forged\n')
    chmodSync(main, 0o620)
    expect(start(env)).toEqual(first)
    expect(statSync(main).mode & 0o777).toBe(0o600)
  })

  it.runIf(process.getuid?.() === 0)("nor one of another user's", () => {
    const { env, first, main } = filled()
    writeFileSync(main, forged(main, 'forged'))
    chownSync(main, 65_534, 65_534)
    expect(start(env)).toEqual(first)
    expect(statSync(main).uid).toBe(0)
  })

  it.each([
    ['cannot be made', () => ({ TRUEUP_CACHE: join(program, 'cache') })],
    ['is not to be', () => ({ TRUEUP_CACHE: '' })],
    ['has no home', () => ({})],
    ['would be in a home that is not there', () => ({ HOME: '/proc/nobody' })],
  ])('is done without where its folder %s', (_, env) => {
    expect(start(env())).toEqual(good())
    expect(good().status).toBe(0)
  })

  it('is not mistaken for that of another Node or other flags', () => {
    const { env, first, folder } = filled()
    expect(start({ ...env, NODE_OPTIONS: '--max-old-space-size=500' })).toEqual(first)
    expect(readdirSync(folder)).toHaveLength(2)
    expect(readdirSync(folder).every((name) => name.startsWith(`${process.version}-${process.arch}`))).toBe(true)
  })
})

it('says in which piece and line something went wrong, to whoever asks', () => {
  const pieces = join(dir, 'run')
  for (const name of readdirSync(pieces)) if (name.startsWith('apply-')) renameSync(join(pieces, name), join(dir, name))
  const { status, stderr } = spawnSync(process.execPath, [program, '--role', 'notes', '-v'], {
    env: { PATH: process.env['PATH'], TRUEUP_CACHE: '' },
    encoding: 'utf8',
  })
  for (const name of readdirSync(dir)) if (name.startsWith('apply-')) renameSync(join(dir, name), join(pieces, name))
  expect(status).toBe(1)
  expect(stderr).toMatch(/ENOENT.*run\/apply-\w+\.js/)
  expect(stderr).toMatch(/at .*\/run\/main-\w+\.js:\d+:\d+/)
})
