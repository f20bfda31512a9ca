import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'

const scripts = (folder: string, like: RegExp): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => like.test(name))
    .map((name) => `${folder}/${name}`)

it.each([
  ...scripts('files', /\.sh$/),
  ...scripts('test/scripts/fake', /./),
])('shellcheck has nothing to say of %s', (path) => {
  const { status, stdout, stderr, error } = spawnSync('shellcheck', ['-S', 'style', '-x', path], { encoding: 'utf8' })
  expect(error, 'npm test installs it').toBeUndefined()
  expect(`${stdout}${stderr}`).toBe('')
  expect(status).toBe(0)
})
