import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { difference, main, parseRanges, source } from '../../bin/cloudflare-ranges.ts'
import { CLOUDFLARE_V4, CLOUDFLARE_V6 } from '../../tasks/cloudflare-ranges.ts'

const VENDORED = { v4: CLOUDFLARE_V4, v6: CLOUDFLARE_V6 }
const lines = (ranges: readonly string[]) => `${ranges.join('\n')}\n`

/** What the site answers, by path. */
let answers: Readonly<Record<string, string>> = {}
let server: Server
let url = ''
const folder = mkdtempSync(join(tmpdir(), 'trueup-ranges-'))
const target = join(folder, 'ranges.ts')

beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = answers[request.url ?? '']
    response.writeHead(answer === undefined ? 404 : 200).end(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  url = `http://127.0.0.1:${address.port}`
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

const run = async (...args: string[]) => {
  const said: string[] = []
  const code = await main(args, (line: string) => said.push(line), target)
  return { code, said }
}

describe("the list of Cloudflare's ranges", () => {
  it('is the published one, in whatever order', async () => {
    answers = { '/ips-v4': lines([...CLOUDFLARE_V4].reverse()), '/ips-v6': CLOUDFLARE_V6.join('\n') }
    expect(await run('--url', `${url}/`)).toEqual({
      code: 0,
      said: ['the vendored list is the published one: 15 + 7 ranges'],
    })
  })

  it('tells what differs, and writes it only where asked', async () => {
    const v4 = [...CLOUDFLARE_V4.slice(1), '203.0.113.0/24']
    answers = { '/ips-v4': lines(v4), '/ips-v6': lines(CLOUDFLARE_V6) }
    writeFileSync(target, 'before')
    const looked = await run('--url', url)
    expect(looked).toEqual({
      code: 2,
      said: ['- 173.245.48.0/20', '+ 203.0.113.0/24', 'run again with --write to take this over'],
    })
    expect(readFileSync(target, 'utf8')).toBe('before')
    expect(await run('--url', url, '--write')).toMatchObject({ code: 2 })
    expect(readFileSync(target, 'utf8')).toBe(source({ v4, v6: CLOUDFLARE_V6 }))
  })

  it('comes from files, too', async () => {
    writeFileSync(join(folder, 'v4'), lines(CLOUDFLARE_V4))
    writeFileSync(join(folder, 'v6'), lines([...CLOUDFLARE_V6, '2001:db8::/32']))
    expect(await run('--from', `${join(folder, 'v4')},${join(folder, 'v6')}`)).toMatchObject({
      code: 2,
      said: ['+ 2001:db8::/32', expect.anything()],
    })
  })

  it.each([
    ['a page instead of a list', '<!DOCTYPE html>\n<title>Just a moment...</title>', 'not an IP address or range'],
    ['nothing', '\n', 'is empty'],
    ['everything', '0.0.0.0/0', 'no range that Cloudflare would connect from'],
    ['the other family', '2400:cb00::/32', 'no range that Cloudflare would connect from'],
  ])('is left alone where the site answers %s', async (_, answer, why) => {
    answers = { '/ips-v4': answer, '/ips-v6': lines(CLOUDFLARE_V6) }
    writeFileSync(target, 'before')
    expect(await run('--url', url, '--write')).toMatchObject({ code: 1, said: [expect.stringContaining(why)] })
    expect(readFileSync(target, 'utf8')).toBe('before')
  })

  it('is left alone where there is no answer', async () => {
    answers = {}
    expect(await run('--url', url)).toMatchObject({ code: 1, said: [expect.stringContaining('answered 404')] })
    expect(await run('--from', 'one')).toMatchObject({ code: 1, said: [expect.stringContaining('two files')] })
    expect(await run('--nonsense')).toMatchObject({ code: 1 })
  })

  it('is written as it stands in the repository', () => {
    expect(source(VENDORED)).toBe(readFileSync('tasks/cloudflare-ranges.ts', 'utf8'))
    expect(difference(VENDORED, VENDORED)).toEqual([])
    expect(parseRanges(' 192.0.2.0/24 \r\n', 4)).toEqual(['192.0.2.0/24'])
  })
})
