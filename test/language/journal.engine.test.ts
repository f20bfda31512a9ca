import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { raw, type Sh, sh } from '../../lib/index.ts'
import { JOURNAL } from '../../lib/language/prelude-journal.ts'
import { bash } from '../tasks/bash.ts'

let dir = ''
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'trueup-journal-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const home = () => join(dir, process.getuid?.() === 0 ? 'var/lib/trueup' : '.local/state/trueup')
const runs = () => join(home(), 'runs')
const here = (command: Sh): Sh => sh`tu_home=${home()}; ${command}`
/** A change of a run: what it touches, and what it does. */
const change = (id: string, path: string, command: Sh) =>
  bash(
    here(sh`tu_change ${id} 1 ${path} < <(echo '{}') || exit; (
${command}
); tu_changed ${id} 1`),
  )
const before = (id: string): string[] =>
  readFileSync(join(runs(), id, '1/before'), 'utf8')
    .split('\0')
    .slice(0, -1)

describe('what is kept of what is replaced', () => {
  it('is its content, its mode and its owner, once for each change, for the owner alone (F26)', () => {
    const path = join(dir, 'a "file"\n')
    writeFileSync(path, 'old\0\xff', { encoding: 'latin1', mode: 0o644 })
    const { code, stderr } = change('R1', path, sh`chmod 0600 ${path}; rm ${path}; echo new > ${path}`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(before('R1').slice(0, 3)).toEqual([path, 'file', '0644'])
    const folder = join(runs(), 'R1')
    expect(readFileSync(join(folder, '1/0'), 'latin1')).toBe('old\0\xff')
    const after = readFileSync(join(folder, '1/after'), 'utf8').split('\0')
    expect(after.slice(0, 3)).toEqual([path, 'file', '0644'])
    expect(after[4]).not.toBe(before('R1')[4])
    for (const file of ['journal', '1/0', '1/before', '1/after', '../../key'])
      expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
    for (const one of ['.', '1', '..', '../..']) expect(statSync(join(folder, one)).mode & 0o777).toBe(0o700)
  })

  it('is a link itself, not what it points at', () => {
    symlinkSync('/etc/passwd', join(dir, 'link'))
    change('R1', join(dir, 'link'), sh`true`)
    expect(before('R1').slice(1, 2)).toEqual(['link'])
    expect(before('R1')[4]).toBe('/etc/passwd')
    expect(readdirSync(join(runs(), 'R1/1')).sort()).toEqual(['after', 'before'])
  })

  it('is not what is reached through a link, and says so', () => {
    mkdirSync(join(dir, 'real'))
    writeFileSync(join(dir, 'real/file'), 'x')
    symlinkSync('real', join(dir, 'way'))
    change('R1', join(dir, 'way/file'), sh`true`)
    expect(before('R1').slice(1)).toEqual(['elsewhere', '', '', '', '-'])
  })

  it('is said to be missing where it is too large', () => {
    const path = join(dir, 'large')
    bash(sh`truncate -s ${JOURNAL.file * 1024 * 1024 + 1} ${path}`)
    expect(change('R1', path, sh`: > ${path}`).code).toBe(0)
    expect(before('R1')[5]).toBe('no')
    expect(readdirSync(join(runs(), 'R1/1')).sort()).toEqual(['after', 'before'])
  })

  it('is kept, or nothing is changed', () => {
    const file = join(dir, 'file')
    writeFileSync(file, 'old')
    const { code, stderr } = bash(
      sh`tu_home=${file}/in-the-way; tu_change R1 1 ${file} < /dev/null || exit; echo new > ${file}`,
    )
    expect(code).not.toBe(0)
    expect(stderr).toContain('nothing was changed, since the journal of this run cannot be written')
    expect(readFileSync(file, 'utf8')).toBe('old')
  })
})

it(`remembers ${JOURNAL.runs} runs, the newest ones`, () => {
  const names = Array.from({ length: JOURNAL.runs + 3 }, (_, index) => `R${String(index).padStart(3, '0')}`)
  for (const name of names) mkdirSync(join(runs(), name), { recursive: true })
  expect(change('R999', join(dir, 'x'), raw('true')).code).toBe(0)
  expect(readdirSync(runs())).toEqual([...names.slice(4), 'R999'])
})
