// Runs before every npm script that needs the dependencies: a fresh clone installs them by itself.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const run = (command, args, options = {}) => {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 2, 2], ...options })
  if (status !== 0) process.exit(status ?? 1)
}

if (!existsSync(new URL('../node_modules/.package-lock.json', import.meta.url))) {
  console.error('Installing the dependencies first: npm ci')
  run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: new URL('..', import.meta.url) })
}

/** What the tests of the scripts run; where it cannot be installed, they fail and say so. */
const programs = ['jq', 'shellcheck']
const there = (program) => (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
const missing = programs.filter((program) => !there(program))
if (process.argv.includes('--tests') && missing.length > 0 && process.getuid?.() === 0 && there('apt-get')) {
  console.error(`Installing what the tests need first: ${missing.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update', '-q'], { env })
  run('apt-get', ['install', '-yq', '--no-install-recommends', ...missing], { env })
}
