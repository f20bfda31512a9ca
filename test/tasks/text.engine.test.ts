import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Declared, type Derived } from '../../lib/index.ts'
import { block } from '../../tasks/block.ts'
import { line } from '../../tasks/line.ts'
import { text, type TextFileState } from '../../tasks/text.ts'
import { bash } from './bash.ts'
import { asked } from '../found.ts'

describe('text', () => {
  let dir = ''
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tu-text-'))
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  const put = (name: string, content: string | Buffer) => {
    writeFileSync(join(dir, name), content)
    return join(dir, name)
  }
  const read = (...paths: string[]) => {
    const states = asked(paths.map(text), bash)
    return new Map(paths.map((path, index) => [path, states[index]]))
  }

  it('arrives as it is, whatever is in it', () => {
    const contents = [
      '',
      '\n',
      'a',
      'a\n\n\n',
      ' \t a\r\n',
      `'"\\$(id)%s\\n ü 🙂 \u0001\u001b[0m`,
      'x'.repeat(2 ** 18),
      '\ufeffbom',
    ]
    const paths = contents.map((content, index) => put(`-f $x ${index}\n`, content))
    const found = read(...paths, join(dir, 'none'))
    expect(paths.map((path) => (found.get(path) as TextFileState).text)).toEqual(contents)
    expect(found.get(join(dir, 'none'))).toMatchObject({ type: null, text: null })
  })

  it('is not read through a link in its path, which could be another one by now (F23)', () => {
    mkdirSync(join(dir, 'real'))
    put('real/file', 'secret')
    symlinkSync('real', join(dir, 'link'))
    expect(String(read(join(dir, 'link/file')).get(join(dir, 'link/file')))).toContain('through a symbolic link')
    expect(read(join(dir, 'real/file')).get(join(dir, 'real/file'))).toMatchObject({ text: 'secret' })
  })

  it('is refused where it is no text', () => {
    const paths = [
      put('nul', 'a\0b'),
      put('latin1', Buffer.from([0xe4, 0x0a])),
      put('large', 'x'.repeat(2 ** 18 + 1)),
      put('fine', 'x'),
    ]
    symlinkSync('fine', join(dir, 'link'))
    mkdirSync(join(dir, 'dir'))
    const found = read(...paths, join(dir, 'link'), join(dir, 'dir'))
    expect(paths.slice(0, 3).map((path) => String(found.get(path)))).toEqual([
      expect.stringContaining('is not text in UTF-8'),
      expect.stringContaining('is not text in UTF-8'),
      expect.stringContaining('too large to be edited'),
    ])
    expect(found.get(join(dir, 'fine'))).toMatchObject({ text: 'x' })
    expect(found.get(join(dir, 'link'))).toMatchObject({ type: 'link', text: null })
    expect(found.get(join(dir, 'dir'))).toMatchObject({ type: 'directory', text: null })
  })

  const made = (task: ReturnType<typeof line>, path: string) =>
    (task as Derived<TextFileState>).make(read(path).get(path) as TextFileState) as Declared
  const apply = (task: Declared) => bash(task.apply({ now: {}, changes: [], keys: [] }))

  it('is replaced with mode and owner kept', () => {
    const path = put('conf', '#Port 22\r\nü')
    chmodSync(path, 0o640)
    const ended = apply(made(line({ path, line: 'Port 3', match: /^#?Port/ }), path))
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(path, 'utf8')).toBe('Port 3\r\nü')
    expect(statSync(path).mode & 0o7777).toBe(0o640)
    expect(apply(made(block({ path, name: 'n', body: '$(id)' }), path)).code).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe('Port 3\r\nü\r\n# BEGIN trueup n\r\n$(id)\r\n# END trueup n')
  })

  it('is not replaced where it has changed meanwhile', () => {
    const path = put('conf', 'a\n')
    const task = made(line({ path, line: 'b' }), path)
    writeFileSync(path, 'c\n')
    expect(apply(task)).toMatchObject({ code: 1, stderr: `${path} has changed since it was read\n` })
    expect(readFileSync(path, 'utf8')).toBe('c\n')
    const absent = join(dir, 'new')
    const create = made(line({ path: absent, line: 'b', create: true }), absent)
    symlinkSync('/nowhere', absent)
    expect(apply(create).code).toBe(1)
  })
})
