import { describe, expect, it, vi } from 'vitest'
import { parse } from '../../lib/cli/parse.ts'
import { UsageError } from '../../lib/cli/usage.ts'

const read = (line: string) => parse(line.split(' ').filter(Boolean), '1.2.3')

describe('what is typed', () => {
  it.each([
    ['--role all', 'apply', [], { role: ['all'], dryRun: false, diff: true, json: false, forks: 10, verbose: false }],
    ['--role ufw,nginx --role docker', 'apply', [], { role: ['ufw', 'nginx', 'docker'] }],
    ['--role=ufw --from=ufw --limit=web*,!web2', 'apply', [], { role: ['ufw'], from: 'ufw', limit: 'web*,!web2' }],
    ['--role all --dry-run --no-diff --json -v', 'apply', [], { dryRun: true, diff: false, json: true, verbose: true }],
    ['--role all --no-diff --diff', 'apply', [], { diff: true }],
    [
      '--role all -i x.yml --forks 3 --ask-become-pass',
      'apply',
      [],
      { inventory: 'x.yml', forks: 3, askBecomePass: true },
    ],
    ['--role all --dry-run --out=p.json', 'apply', [], { dryRun: true, out: 'p.json' }],
    ['--plan p.json --allow-unknown -i x.yml', 'apply', [], { plan: 'p.json', allowUnknown: true, inventory: 'x.yml' }],
    ['--role all --lock-wait 90', 'apply', [], { lockWait: 90 }],
    ['--role all --report junit=a.xml --report html=b', 'apply', [], { report: ['junit=a.xml', 'html=b'] }],
    [
      '--role all --serial 25% --max-fail 0 --shard 2/5',
      'apply',
      [],
      {
        serial: { count: 25, percent: true },
        maxFail: { count: 0, percent: false },
        shard: { index: 2, count: 5 },
      },
    ],
    ['--plan p.json --serial 1 --max-fail 100%', 'apply', [], { maxFail: { count: 100, percent: true } }],
    ['--list-hosts --shard 1/1', 'list-hosts', [], { shard: { index: 1, count: 1 } }],
    [
      'merge-reports a.json b.json --report html=x --json',
      'merge-reports',
      ['a.json', 'b.json'],
      { report: ['html=x'], json: true },
    ],
    ['--list-roles', 'list-roles', [], { listRoles: true, role: [] }],
    ['--role nginx --list-tasks --limit web1', 'list-tasks', [], { listTasks: true, role: ['nginx'], limit: 'web1' }],
    ['--list-hosts', 'list-hosts', [], { listHosts: true }],
    ['schema', 'schema', [], {}],
    ['secrets set pg -i x.yml', 'secrets', ['set', 'pg'], { inventory: 'x.yml' }],
    ['history --limit web1 --json', 'history', [], { limit: 'web1', json: true }],
    ['undo 20261124T073000Z-ab12 --dry-run', 'undo', ['20261124T073000Z-ab12'], { dryRun: true }],
    ['history 20261124T073000Z-ab12', 'history', ['20261124T073000Z-ab12'], {}],
    ['trust web1 --yes', 'trust', ['web1'], { yes: true }],
    ['-i x.yml exec web* -- ls -l --json', 'exec', ['web*', 'ls', '-l', '--json'], { inventory: 'x.yml', json: false }],
    ['exec web1 --json --forks 2 -- uptime', 'exec', ['web1', 'uptime'], { json: true, forks: 2 }],
    ['verify', 'verify', [], { role: [], json: false, verbose: false }],
    [
      'verify --json --limit web* --role ufw,cron -v',
      'verify',
      [],
      { json: true, limit: 'web*', role: ['ufw', 'cron'] },
    ],
    ['exec all uptime', 'exec', ['all', 'uptime'], {}],
  ])('%s', (line, command, words, options) => {
    expect(read(line)).toMatchObject({ command, words, options })
  })

  it.each([
    ['--rol all', "unknown option '--rol' (Did you mean --role?)"],
    ['--role', "option '--role <roles>' argument missing"],
    ['exec all --timeout 5 -- ls', '--timeout means nothing with exec'],
    ['--role all --forks 0', "option '--forks <n>' argument '0' is invalid. It takes a whole number from 1."],
    ['--role all --forks two', "option '--forks <n>' argument 'two' is invalid. It takes a whole number from 1."],
    ['--role all --forks 1.5', "option '--forks <n>' argument '1.5' is invalid. It takes a whole number from 1."],
    [
      '--role all --lock-wait -1',
      "option '--lock-wait <seconds>' argument '-1' is invalid. It takes a whole number of seconds.",
    ],
    ...['0', '0%', '101%', '1.5', '-1', '2 %', '%', '01'].map((typed): [string, string] => [
      `--role all --serial=${typed.replace(' ', '_')}`,
      `option '--serial <n|n%>' argument '${typed.replace(' ', '_')}' is invalid. It takes a whole number from 1, or a share of the hosts as 1% to 100%.`,
    ]),
    [
      '--role all --max-fail 101%',
      "option '--max-fail <n|n%>' argument '101%' is invalid. It takes a whole number from 0, or a share of the hosts as 0% to 100%.",
    ],
    ...['0/2', '3/2', '1', '1/0', 'a/b', '1/2/3'].map((typed): [string, string] => [
      `--role all --shard ${typed}`,
      `option '--shard <i/n>' argument '${typed}' is invalid. It takes a part of how many, from 1/1: 2/5 is the second of five.`,
    ]),
    ['exec all --serial 1 -- ls', '--serial means nothing with exec'],
    ['verify --shard 1/2', '--shard means nothing with verify'],
    ['--list-hosts --max-fail 1', '--max-fail means nothing with --list-hosts'],
    ['merge-reports', "missing required argument 'file'"],
    ['merge-reports a --role all', '--role means nothing with merge-reports'],
    ['exec all --lock-wait 5 -- ls', '--lock-wait means nothing with exec'],
    ['--role all nginx', 'unknown command "nginx"; --help lists what there is'],
    ['frobnicate', 'unknown command "frobnicate"; --help lists what there is'],
    ['schema x', "too many arguments for 'schema'. Expected 0 arguments but got 1."],
    ['secrets', "missing required argument 'verb'"],
    ['secrets list --json', '--json means nothing with secrets'],
    ['trust', "missing required argument 'host'"],
    ['exec web1', "missing required argument 'command'"],
    ['exec web1 ls -l', "unknown option '-l'; the command of exec follows --"],
    ['schema --role all', '--role means nothing with schema'],
    ['exec all --dry-run -- ls', '--dry-run means nothing with exec'],
    ['trust web1 --json', '--json means nothing with trust'],
    ['--list-roles --dry-run', '--dry-run means nothing with --list-roles'],
    ['--list-tasks --list-hosts', '--list-hosts means nothing with --list-tasks'],
    ['--list-hosts --json', '--json means nothing with --list-hosts'],
    ['--role all --out p.json', '--out saves the plan of a dry run; add --dry-run'],
    ['--role all --allow-unknown', '--allow-unknown means nothing without --plan'],
    ...['--role all', '--limit web1', '--from ufw', '--dry-run'].map((more): [string, string] => [
      `--plan p.json ${more}`,
      `${more.split(' ')[0]} means nothing with --plan: the plan says which roles, on which hosts`,
    ]),
    ['--list-hosts --plan p.json', '--plan means nothing with --list-hosts'],
    ['verify --dry-run', '--dry-run means nothing with verify'],
    ['verify web1', "too many arguments for 'verify'. Expected 0 arguments but got 1."],
    ['--role all --yes', '--yes means nothing without trust'],
  ])('%s is refused', (line, message) => {
    expect(() => read(line)).toThrow(new UsageError(message))
  })

  it.each(['--role all --persist', '--role all --persist=60s'])('%s is refused by name, with the reason', (line) => {
    expect(() => read(line)).toThrow(
      new UsageError('there is no --persist: no connection is kept between runs; each sets up its own and ends it'),
    )
  })
})

describe('--help', () => {
  const help = (line: string): string => {
    let text = ''
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((more) => (text += String(more)) !== '')
    try {
      expect(read(line)).toBeUndefined()
    } finally {
      write.mockRestore()
    }
    return text
  }

  it('of exec is about exec', () => {
    const text = help('exec --help')
    expect(text).toMatch(/^Usage: trueup exec \[options\] PATTERN -- CMD\n/)
    for (const option of ['--inventory', '--json', '--forks', '--ask-become-pass']) expect(text).toContain(option)
    for (const option of ['--role', '--dry-run', '--list-hosts']) expect(text).not.toContain(option)
  })

  it('of trust and of the program are their own', () => {
    expect(help('trust -h')).toMatch(/^Usage: trueup trust .*--yes/s)
    expect(help('--help')).toMatch(/^Usage: trueup --role ROLE.*--dry-run/s)
  })

  it('of verify names its exit codes', () => {
    const text = help('verify --help')
    expect(text).toMatch(/^Usage: trueup verify .*--limit.*3 a host\s+could not be reached/s)
    expect(text).not.toContain('--dry-run')
  })

  it('behind -- is the command', () => {
    expect(read('exec web1 -- ls --help')).toMatchObject({ words: ['web1', 'ls', '--help'] })
  })
})
