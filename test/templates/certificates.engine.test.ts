import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'

const script = fileURLToPath(new URL('../../files/monitoring/certificates.sh', import.meta.url))
const dir = mkdtempSync(`${tmpdir()}/trueup-certificates-`)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const certificate = (name: string, days: number): string => {
  const path = `${dir}/${name}`
  const subject = ['-subj', '/CN=x', '-days', String(days), '-keyout', `${dir}/key`, '-out', path]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ed25519', '-nodes', ...subject], { stdio: 'ignore' })
  return path
}

it('tells when certificates expire, in a file that is replaced as a whole, and leaves out what cannot be read', () => {
  const [soon, later] = [certificate('soon.pem', 10), certificate('later.pem', 100)]
  for (let twice = 0; twice < 2; twice += 1)
    execFileSync(script, [dir, 'x', soon, `${dir}/none.pem`, later], { stdio: ['ignore', 'ignore', 'pipe'] })
  const name = 'x-certificates.prom'
  expect(readdirSync(dir).filter((one) => one.includes('certificates'))).toEqual([name])
  expect((statSync(`${dir}/${name}`).mode & 0o777).toString(8)).toBe('644')
  const lines = readFileSync(`${dir}/${name}`, 'utf8').split('\n')
  const until = lines.flatMap((line) => {
    const [, path, at] = /^x_certificate_not_after_timestamp_seconds\{path="(.*)"\} (\d+)$/.exec(line) ?? []
    return path === undefined ? [] : [[path, Math.round((Number(at) - Date.now() / 1000) / 86_400)]]
  })
  expect(until).toEqual([
    [soon, 10],
    [later, 100],
  ])
})
