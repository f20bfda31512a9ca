import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { body, diff } from '../../lib/runner/diff.ts'
import { bash } from '../tasks/bash.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'trueup-diff-'))
  chmodSync(dir, 0o755)
})
afterEach(() => rmSync(dir, { recursive: true }))

const shown = async (path: string): Promise<string | undefined> => {
  const { code, stdout, stderr } = bash(body(path))
  const found = { code, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr), truncated: false, timedOut: false }
  return await diff({ path, after: () => 'new\n' }, found)
}

it('shows what changes inside a file', async () => {
  const path = join(dir, 'a file')
  writeFileSync(path, 'old\n')
  expect(await shown(path)).toBe(`--- ${path}\n+++ ${path}\n@@ -1,1 +1,1 @@\n-old\n+new`)
})

it('shows a new file as it will be, also in a folder that is not there yet', async () => {
  expect(await shown(join(dir, 'no', 'file'))).toContain('+new')
})

it('does not follow a link, which could name anything', async () => {
  writeFileSync(join(dir, 'shadow'), 'root:$6$hash\n')
  symlinkSync(join(dir, 'shadow'), join(dir, 'link'))
  symlinkSync(dir, join(dir, 'folder'))
  expect(await shown(join(dir, 'link'))).not.toContain('hash')
  expect(await shown(join(dir, 'folder', 'shadow'))).not.toContain('hash')
})

it('does not show what only its owner may read', async () => {
  const path = join(dir, 'env')
  writeFileSync(path, 'DB_PASSWORD=old\n', { mode: 0o600 })
  expect(await shown(path)).toBe(`${path}: not for everybody to read, not shown`)
})
