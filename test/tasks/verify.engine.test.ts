import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Probe, Sh, State } from '../../lib/index.ts'
import { answer, handshake } from '../../tasks/answer.ts'
import { newestBackup } from '../../tasks/backups.ts'
import { release } from '../../tasks/release.ts'
import { lastEnd, rootDisk } from '../../tasks/system-state.ts'
import { nothing } from '../found.ts'

const dir = mkdtempSync(join(tmpdir(), 'trueup-verify-'))
const server = createServer((request, response) => {
  if (request.url === '/moved') response.writeHead(301, { Location: 'https://elsewhere.test/' })
  response.end(`<${request.headers.host}>\n\n`)
})
server.on('upgrade', (_, socket) => {
  // As a WebSocket does: open until somebody ends it.
  socket.on('error', () => {})
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
})
let port = 0

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(dir, { recursive: true })
})

/** In the background: the servers that are asked are this process. */
const bash = async (command: Sh): Promise<string> => {
  const script = command.render(String, String)
  return (await promisify(execFile)('bash', ['--noprofile', '--norc', '-c', script], { timeout: 25_000 })).stdout
}

const read = async <S extends State>(...probes: readonly Probe<S>[]): Promise<(S | Error | undefined)[]> => {
  const [{ family } = { family: undefined }] = probes
  if (family === undefined) return []
  const keys = probes.map(({ key }) => key)
  const answers = family.parse(await bash(family.read(keys)), keys, nothing)
  return keys.map((key) => answers.get(key))
}

describe('asked on the host', () => {
  it('answers of its own servers, whatever their names mean elsewhere', async () => {
    const [plain, moved, closed] = await read(
      answer(`http://moja-dzialka.test:${port}/`),
      answer(`http://127.0.0.1:${port}/moved`),
      answer('http://127.0.0.1:1/'),
    )
    expect(plain).toEqual({ code: 200, location: null, body: `<moja-dzialka.test:${port}>\n\n`, error: null })
    expect(moved).toMatchObject({ code: 301, location: 'https://elsewhere.test/' })
    expect(closed).toMatchObject({ code: null, error: expect.stringMatching(/connect/i) })
  })

  it('handshakes, without waiting for more', async () => {
    const started = performance.now()
    const [open, closed] = await read(handshake(`http://ws.test:${port}/ws`), handshake('http://127.0.0.1:1/'))
    expect(open).toEqual({ code: 101, status: 'HTTP/1.1 101 Switching Protocols' })
    expect(closed).toMatchObject({ code: null, status: expect.stringContaining('curl') })
    expect(performance.now() - started).toBeLessThan(8000)
  })

  it('the newest set of backups, and what is wrong with it', async () => {
    const backups = join(dir, 'backups')
    const jobs = join(dir, 'jobs')
    mkdirSync(backups)
    const one = newestBackup(backups, jobs)
    expect(await read(one)).toMatchObject([{ date: null, plannedHours: null }])
    writeFileSync(jobs, '')
    utimesSync(jobs, new Date(), new Date(Date.now() - 2 * 3_600_000))
    const [empty] = await read(one)
    expect(empty).toMatchObject({ date: null, plannedHours: expect.closeTo(2, 1) })

    const set = (date: string, bytes: number) => {
      const files = [{ name: `mongo_${date}.archive.gz`, bytes: 3 }]
      writeFileSync(join(backups, `manifest_${date}.json`), JSON.stringify({ version: 1, date, files }))
      writeFileSync(join(backups, `mongo_${date}.archive.gz`), 'x'.repeat(bytes))
    }
    set('20200101_030000', 3)
    const [old] = await read(one)
    expect(old).toMatchObject({ date: '20200101_030000', bytes: 3, broken: '' })
    expect(old instanceof Error ? 0 : old?.ageHours).toBeGreaterThan(24 * 365)
    set('20200102_030000', 2)
    expect(await read(one)).toMatchObject([{ date: '20200102_030000', broken: 'mongo_20200102_030000.archive.gz' }])
  })

  it("how a job last ended, from the wrapper's log", async () => {
    const log = join(dir, 'job.log')
    expect(await read(lastEnd('backup', log))).toEqual([{ code: null, when: null }])
    writeFileSync(log, '=== 2026-01-01T03:00:00+0100 backup\nbla\n')
    expect(await read(lastEnd('backup', log))).toEqual([{ code: null, when: null }])
    const ends = ['backup ended with 0', 'backup ended with 7', 'restore-test ended with 0']
    writeFileSync(log, ends.map((end, day) => `=== 2026-01-0${day + 1}T03:00:00+0100 ${end}\n`).join(''))
    expect(await read(lastEnd('backup', log))).toEqual([{ code: 7, when: '2026-01-02T03:00:00+0100' }])
  })

  it('what it runs, and how full it is', async () => {
    expect(await read(release)).toEqual([{ id: expect.stringMatching(/./), version: expect.any(String) }])
    expect(await read(rootDisk)).toEqual([{ percent: expect.any(Number), freeGb: expect.any(Number) }])
  })
})
