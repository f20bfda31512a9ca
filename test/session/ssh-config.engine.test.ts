import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { sshConfig } from '../../lib/session/ssh/config.ts'
import { scratch } from './hosts.ts'

const dir = scratch()
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(dir, { recursive: true })
})

test('what ssh_config runs sees who one is, and no secrets', async () => {
  const file = join(dir, 'config')
  const seen = join(dir, 'seen')
  writeFileSync(file, `Match exec "env > ${seen}"\n  Port 2222\n`)
  vi.stubEnv('TRUEUP_SECRET_DB', 'correct horse')
  vi.stubEnv('GITHUB_TOKEN', 'battery staple')
  vi.stubEnv('SSH_AUTH_SOCK', '/run/agent')
  expect(await sshConfig({ address: 'web1' }, { file })).toMatchObject({ port: 2222 })
  const env = readFileSync(seen, 'utf8')
  expect(env).toContain('SSH_AUTH_SOCK=/run/agent')
  expect(env).toMatch(/^PATH=/m)
  expect(env).toMatch(/^HOME=/m)
  expect(env).not.toMatch(/correct horse|battery staple/)
})
