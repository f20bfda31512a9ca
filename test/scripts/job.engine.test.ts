import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { jobSettings } from '../../templates/jobs.ts'
import { Secret } from '../../lib/index.ts'

vi.setConfig({ testTimeout: 120_000 })

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'trueup-job-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const got = (name: string): string => {
  try {
    return readFileSync(join(folder, name), 'utf8')
  } catch {
    return ''
  }
}
const job = (command: string, ...options: string[]): number | null => {
  const settings = jobSettings({
    webhook: new Secret('hook', 'https://hooks.example/"canary$HOME'),
  })
  writeFileSync(join(folder, 'settings'), settings instanceof Secret ? settings.reveal() : settings)
  const args = [join(folder, 'settings'), 'backup', join(folder, 'log'), ...options, '--', 'sh', '-c', command]
  const env = { PATH: `${here('fake')}:/usr/sbin:/usr/bin:/sbin:/bin`, FAKE: folder, HOME: '/root' }
  return spawnSync('bash', [here('../../files/job.sh'), ...args], { env, encoding: 'utf8' }).status
}

it('keeps the output in the log and tells nobody while all is well', () => {
  expect(job('echo out; echo err >&2')).toBe(0)
  expect(got('log')).toMatch(/^=== \S+ backup\nout\nerr\n=== \S+ ended with 0\n$/)
  expect(statSync(join(folder, 'log')).mode & 0o777).toBe(0o600)
  expect(got('calls')).toBe('')
})

it('tells of a failure with its last lines, and passes its code on', () => {
  expect(job('seq 100; echo "it is \\"broken\\"" >&2; exit 7')).toBe(7)
  expect(got('heard')).toBe('url = "https://hooks.example/\\"canary$HOME"\n')
  const body = /--data-binary @(\S+)/.exec(got('calls'))?.[1]
  expect(body).toBeDefined()
  expect(got('calls')).not.toContain('canary')
  expect(got('sent')).toMatch(/FAILED \(7\)/)
  const { text } = JSON.parse(got('sent')) as { text: string }
  expect(text).toMatch(/\n42\n43\n(.*\n)*100\nit is "broken"\n$/)
  expect(text).not.toMatch(/\n40\n/)
})

it('always sends what is to be sent always', () => {
  expect(job('echo 42% used', '--tell', 'always')).toBe(0)
  expect(got('sent')).toContain('42% used')
})

it('says in the log that nobody could be told', () => {
  writeFileSync(join(folder, 'fail'), 'curl')
  expect(job('exit 7')).toBe(7)
  expect(got('log')).toContain('nobody could be told')
})
