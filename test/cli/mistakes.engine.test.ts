import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = new URL('../..', import.meta.url).pathname
const dir = mkdtempSync(join(tmpdir(), 'trueup-mistakes-'))
afterAll(() => rmSync(dir, { recursive: true }))

beforeAll(() => {
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    join(dir, 'inventory.yml'),
    'site: { domain: example.org, project: demo, dir: /srv/demo }\nhosts:\n  web1: { connection: local }\n',
  )
  writeFileSync(
    join(dir, 'run.ts'),
    `import '${root}lib/cli/start.ts'
import { main } from '${root}lib/cli/main.ts'
process.exitCode = await main(process.argv.slice(2), () => import('./roles.ts'))
`,
  )
})

/** Runs a program whose roles are this text, in its own folder. */
const run = (roles: string, ...options: string[]) => {
  writeFileSync(join(dir, 'roles.ts'), roles)
  const args = ['--import', `${root}node_modules/tsx/dist/loader.mjs`, 'run.ts', '-i', 'inventory.yml', '--role', 'web']
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args, ...options], { cwd: dir, encoding: 'utf8' })
  return { status, stdout, stderr }
}

const role = (tasks: string) => `import * as z from '${root}node_modules/zod/index.js'
const web: any = { name: 'web', vars: z.looseObject({}), tasks: ({ vars }: any) => [
  ${tasks}
] }
export const roles = [web]
`

/** Each is a start from source, which takes seconds; what else can go wrong is tested in place.test.ts. */
test.each([
  [
    'a syntax error',
    'export const roles = [\n  1 2\n]\n',
    /^the roles cannot be loaded: Expected .* \(roles\.ts:2:4\)/,
  ],
  ['an error in a role', role('vars.a.b'), /^web1: role web: Cannot read .* \(roles\.ts:3:10\)/],
])('%s is one line, with its place', (_, roles, said) => {
  const { status, stdout, stderr } = run(roles)
  expect(stderr).toMatch(said)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(stderr).toContain('-v shows more')
  expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
})

test('-v shows the stack', () => {
  const { status, stderr } = run(role('vars.a.b'), '-v')
  expect(status).toBe(64)
  expect(stderr).toMatch(/^web1: role web: Cannot read/)
  expect(stderr).toMatch(/^ +at .*compose\.ts/m)
})
