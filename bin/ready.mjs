// Runs before every npm script that needs the dependencies: a fresh clone installs them by itself.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

if (!existsSync(new URL('../node_modules/.package-lock.json', import.meta.url))) {
  console.error('Installing the dependencies first: npm ci')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 2, 2],
    cwd: new URL('..', import.meta.url),
  })
  process.exit(status ?? 1)
}
