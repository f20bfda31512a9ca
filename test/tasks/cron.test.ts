import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Task } from '../../lib/index.ts'
import { cronEscape, cronFile, schedule } from '../../tasks/cron.ts'

const content = (task: Task): string => {
  if (task.kind !== 'task') throw new Error(task.kind)
  return task.preview?.after('') ?? ''
}

it('is a file of lines that ends in one', () => {
  const task = cronFile({
    name: 'moja-dzialka',
    env: { CRON_TZ: 'Europe/Warsaw', MAILTO: '', MESSAGE: 'say "50%"' },
    jobs: [
      { schedule: '0 3 * * *', command: '/root/scripts/backup.sh >> /var/log/backup-$(date +%F).log 2>&1' },
      { schedule: '@reboot', user: 'deploy', command: String.raw`printf '50\%%\n'` },
    ],
  })
  expect(task).toMatchObject({ title: 'cron jobs moja-dzialka', owns: [{ path: '/etc/cron.d/moja-dzialka' }] })
  expect(content(task)).toBe(String.raw`CRON_TZ="Europe/Warsaw"
MAILTO=""
MESSAGE='say "50%"'
0 3 * * * root /root/scripts/backup.sh >> /var/log/backup-$(date +\%F).log 2>&1
@reboot deploy printf '50\\\%\%\n'
`)
})

describe('times', () => {
  it.each([
    '0 3 * * *',
    '*/15 * * * mon-fri',
    '0 0 29 2 *',
    '0 4 * * 0',
    '0 4 * * 7',
    '1,2,3-5 0-23/2 1 JAN,feb *',
    '@daily',
    '0 0 31 2 1',
  ])('%s is one', (text) => {
    expect(schedule(text)).toBe(text)
  })
  it.each([
    '',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '0 24 * * *',
    '0 0 0 * *',
    '0 0 31 2 *',
    '0 0 30 2 *',
    '0 0 L * *',
    '0 0 * * 5#2',
    '0 0 ? * *',
    '5/15 * * * *',
    '*/0 * * * *',
    '0  0 * * *',
    '0 0 * * *\n',
    '@never',
    'a b c d e',
    '0 3 * * * root',
    '5-1 * * * *',
  ])('%j is none', (text) => {
    expect(() => schedule(text)).toThrow(TypeError)
  })
})

/** What cron makes of a command (do_command.c): `%` ends it, a backslash before `%` or `\` goes. */
const asCronReads = (command: string): string => {
  let [read, escaped] = ['', false]
  for (const one of command) {
    if (escaped) {
      read = one === '%' || one === '\\' ? read.slice(0, -1) + one : read + one
      escaped = false
    } else if (one === '%') return read
    else {
      read += one
      escaped = one === '\\'
    }
  }
  return read
}

describe('commands', () => {
  it('arrive as they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab %\\$"\';#é') }), (text) => {
        fc.pre(text.trim() !== '')
        expect(asCronReads(cronEscape(text))).toBe(text.trim())
      }),
    )
  })
  it.each(['', '  ', 'a\nb', 'a\rb', 'a\0b'])('cannot be %j', (text) => {
    expect(() => cronEscape(text)).toThrow(TypeError)
  })
})

it.each(['', 'a.b', 'a b', '../x', 'a\n', 'a~'])('refuses the name %j, which cron would ignore', (name) => {
  expect(() => cronFile({ name, jobs: [] })).toThrow('ignores')
})

it.each([
  { env: { 'A B': 'x' } },
  { env: { A: 'x\ny' } },
  { env: { A: `'"` } },
  { jobs: [{ schedule: '@daily', user: 'a b', command: 'x' }] },
  { jobs: [{ schedule: '@daily', user: '', command: 'x' }] },
])('refuses %j', (wrong) => {
  expect(() => cronFile({ name: 'a', jobs: [], ...wrong })).toThrow(TypeError)
})
