import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Declared, Drift, State, Task } from '../../lib/index.ts'
import { plan } from '../../lib/language/plan.ts'
import { path as pathAt } from '../../tasks/path.ts'
import * as systemd from '../../tasks/systemd.ts'
import { execWord, timer, type TimerOptions } from '../../tasks/timer.ts'
import { dropin, unitFile } from '../../tasks/unit-file.ts'
import { nothing } from '../found.ts'

const declared = (task: Task): Declared => {
  if (task.kind !== 'task') throw new Error(task.kind)
  return task
}
const command = (task: Task, drift: Partial<Drift> = {}): string =>
  String(declared(task).apply({ now: {}, changes: [], keys: [], ...drift }))

const parse = (stdout: string, ...names: string[]) => {
  const { family } = systemd.unit('x')
  return family.parse(
    stdout,
    names.map((name) => systemd.unit(name).key),
    nothing,
  )
}

/** As systemd 257 (Debian 13) printed it; 252 and 255 (Ubuntu 24.04) print the same fields. */
const shown = (load: string, active: string, file: string, stale = 'no') =>
  `LoadState=${load}\nActiveState=${active}\nUnitFileState=${file}\nNeedDaemonReload=${stale}\n`

describe('a unit', () => {
  it.each<[string, object]>([
    [shown('loaded', 'active', 'enabled'), { active: true, enabled: true, masked: false, stale: false }],
    [
      shown('loaded', 'reloading', 'static', 'yes'),
      { active: true, enabled: true, disabled: true, masked: false, stale: true },
    ],
    [shown('loaded', 'failed', 'disabled'), { active: false, enabled: false }],
    [shown('loaded', 'activating', 'enabled'), { active: 'activating', enabled: true }],
    [shown('loaded', 'active', 'enabled-runtime'), { active: true, enabled: false, disabled: false }],
    [shown('not-found', 'inactive', ''), { active: false, enabled: false, masked: false, stale: false }],
    [shown('masked', 'inactive', 'masked'), { active: false, enabled: false, masked: true }],
  ])('reads %j', (stdout, state) => {
    expect(parse(stdout, 'one').get('one.service')).toMatchObject(state)
  })

  it('tells many apart by their order', () => {
    const found = parse(
      [shown('loaded', 'active', 'enabled'), shown('not-found', 'inactive', '')].join('\n'),
      'ssh.socket',
      'nope',
    )
    expect(found.get('ssh.socket')).toMatchObject({ active: true })
    expect(found.get('nope.service')).toMatchObject({ active: false })
    expect(() => parse(shown('loaded', 'active', 'enabled'), 'a', 'b')).toThrow('1 of 2')
  })

  it('is absent where systemd is', () => {
    expect(parse('', 'a', 'b').get('b.service')).toEqual({
      active: false,
      enabled: false,
      disabled: true,
      masked: false,
      stale: false,
    })
  })

  it('has one probe, whatever way it is named', () => {
    expect(systemd.unit('ssh')).toBe(systemd.unit('ssh.service'))
    expect(String(systemd.unit('x').family.read(['a.service', String.raw`b\x2dc.mount`]))).toBe(
      String.raw`exec systemctl show -p LoadState,ActiveState,UnitFileState,NeedDaemonReload -- a.service 'b\x2dc.mount'`,
    )
  })

  it.each([
    '',
    'a b',
    'a/b',
    'foo@',
    'foo@.service',
    'x\ny',
    '$(id)',
    'é',
    `${'a'.repeat(250)}.service`,
    '.service',
  ])('cannot be named %j', (name) => {
    expect(() => systemd.unit(name)).toThrow(TypeError)
    expect(() => systemd.running(name)).toThrow(TypeError)
  })
})

describe('units', () => {
  const up = { active: true, enabled: true, masked: false, stale: false }
  it.each<[Task, State, string]>([
    [systemd.running('a'), { ...up, active: false }, 'systemctl -q enable --now -- a.service'],
    [systemd.running('a'), { ...up, active: 'activating' }, 'systemctl -q enable --now -- a.service'],
    [systemd.running('a'), { ...up, stale: true }, 'systemctl daemon-reload'],
    [
      systemd.running('a'),
      { ...up, stale: true, enabled: false },
      'systemctl daemon-reload && systemctl -q enable --now -- a.service',
    ],
    [
      systemd.running('a'),
      { ...up, active: false, masked: true },
      'systemctl -q unmask -- a.service && systemctl -q unmask --runtime -- a.service && systemctl -q enable --now -- a.service',
    ],
    [systemd.enabled('a.socket'), { ...up, enabled: false }, 'systemctl -q enable -- a.socket'],
    [systemd.stopped('-a'), up, 'systemctl -q disable --now -- -a.service'],
    [systemd.masked('a'), up, 'systemctl -q mask --now -- a.service'],
    [systemd.known('a'), { ...up, stale: true }, 'systemctl daemon-reload'],
  ])('%#', (task, now, expected) => {
    const text = command(task, { now })
    const plain = text.startsWith('{ ') ? text.slice(2, text.indexOf(' || { code=$?; journalctl')) : text
    expect(plain).toBe(expected)
    expect(text.includes('journalctl')).toBe(expected.includes('enable --now'))
  })

  it('that keep dying are not stopped', () => {
    expect(declared(systemd.stopped('a')).want.want).toEqual({ active: false, disabled: true })
  })

  it('are reloaded and restarted by name, once', () => {
    expect(systemd.reload('nginx').id).toBe('reload:nginx')
    expect(String(systemd.restart('docker').run)).toBe(
      '{ systemctl restart -- docker.service || { code=$?; journalctl -q -n 10 --no-pager -o cat -u docker.service >&2; (exit "$code"); }; }',
    )
  })
})

describe('unit files', () => {
  it('are known to systemd at once', () => {
    expect(command(unitFile({ name: 'a.service', content: '[Unit]\n' }))).toBe(
      'tu_put /etc/systemd/system/a.service 0644 root root ‹7 B sha256:73c3e6bb…› &&\nsystemctl daemon-reload'.replace(
        /73c3e6bb/,
        String(/sha256:(\w+)/.exec(command(unitFile({ name: 'a.service', content: '[Unit]\n' })))?.[1]),
      ),
    )
    expect(declared(unitFile({ name: 'a@.service', content: '' })).title).toBe('unit file a@.service')
  })
  it('add to those of others', () => {
    const task = dropin({
      unit: 'ssh.socket',
      name: '10-port',
      content: '[Socket]\n',
      notifies: systemd.restart('ssh.socket'),
    })
    expect(command(task)).toMatch(
      /^mkdir -p -m 0755 -- \/etc\/systemd\/system\/ssh\.socket\.d &&\ntu_put \/etc\/systemd\/system\/ssh\.socket\.d\/10-port\.conf 0644 .* &&\nsystemctl daemon-reload$/,
    )
    expect(declared(task).notifies).toMatchObject({ id: 'restart:ssh.socket' })
    expect(declared(dropin({ unit: 'docker', name: 'x', content: '' })).owns).toEqual([
      { path: '/etc/systemd/system/docker.service.d/x.conf' },
    ])
  })
  it('are known to systemd afterwards: what is to run is not foretold to need that as well', () => {
    const [path, stale] = ['/etc/systemd/system/nginx.service.d/x.conf', { ...systemd.up, stale: true }]
    const tasks = [dropin({ unit: 'nginx', name: 'x', content: '' }), systemd.running('nginx.service')]
    const readings = new Map<string, State>([
      [
        declared(dropin({ unit: 'nginx', name: 'x', content: '' })).want.probe.id,
        { type: null, sha256: null, mode: null, owner: null, group: null },
      ],
      [pathAt(path).id, { type: null }],
      [systemd.unit('nginx').id, stale],
    ])
    const view = {
      get: ({ id }: { readonly id: string }) => {
        const state = readings.get(id)
        return state && { state }
      },
    }
    expect(plan(tasks, view).map(({ kind }) => kind)).toEqual(['drift', 'ok'])
    expect(plan(tasks.slice(1), view).map(({ kind }) => kind)).toEqual(['drift'])
  })
  it('are refused with names that are none', () => {
    expect(() => unitFile({ name: '../x.service', content: '' })).toThrow(TypeError)
    expect(() => dropin({ unit: 'a', name: '../x', content: '' })).toThrow(TypeError)
    expect(() => dropin({ unit: 'a', name: '', content: '' })).toThrow(TypeError)
  })
})

describe('timers', () => {
  const content = (task: Task): string => declared(task).preview?.after('') ?? ''

  it('are a service, a timer, and what keeps both as they are', () => {
    const tasks = timer({
      name: 'backup',
      description: '100% of it',
      onCalendar: '*-*-* 03:00:00 Europe/Warsaw',
      command: ['/usr/bin/printf', '%s', 'a b', '$HOME', ';', ''],
      user: 'deploy',
      randomizedDelay: '5min',
      timeout: 600,
    })
    expect(tasks.map(({ title }) => title)).toEqual([
      'unit file backup.service',
      'unit file backup.timer',
      'unit backup.service known',
      'unit backup.timer running',
    ])
    expect(content(tasks[0] as Task)).toBe(`[Unit]
Description=100%% of it

[Service]
Type=oneshot
User=deploy
TimeoutStartSec=600
ExecStart=/usr/bin/printf %%s "a b" $$HOME ";" ""
`)
    expect(content(tasks[1] as Task)).toBe(`[Unit]
Description=100%% of it

[Timer]
OnCalendar=*-*-* 03:00:00 Europe/Warsaw
AccuracySec=1min
RandomizedDelaySec=5min
Persistent=true

[Install]
WantedBy=timers.target
`)
    for (const task of tasks.slice(0, 2))
      expect(command(task)).toMatch(/^systemd-analyze calendar -- '\*-\*-\* 03:00:00 Europe\/Warsaw' >\/dev\/null &&\n/)
  })

  it.each<Partial<TimerOptions>>([
    { command: ['date'] },
    { command: ['/bin/date', 'a\nb'] },
    { onCalendar: 'daily\nPersistent=no' },
    { description: 'x\n[Service]' },
    { description: 'x\\' },
    { name: 'a b' },
    { user: '' },
  ])('are refused with %j', (wrong) => {
    const right: TimerOptions = { name: 'a', description: 'x', onCalendar: 'daily', command: ['/bin/date'] }
    expect(() => timer({ ...right, ...wrong })).toThrow(TypeError)
  })

  it('spell a word so that systemd reads it as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...' ab%$"\'\\;{}#@-+:=\té') }), (word) => {
        expect(unquoted(execWord(word))).toBe(word)
      }),
    )
  })
})

/** What systemd makes of one word of ExecStart= (systemd.service(5), systemd.syntax(7)). */
const unquoted = (spelled: string): string => {
  const inner = spelled.startsWith('"') ? spelled.slice(1, -1).replaceAll(/\\(.)/gs, '$1') : spelled
  if (!spelled.startsWith('"') && /[\s"'\\;]/.test(spelled)) throw new Error(`${spelled} is more than a word`)
  if (/(?<!%)(%%)*%(?!%)/.test(inner) || /(?<!\$)(\$\$)*\$(?!\$)/.test(inner)) throw new Error(`${spelled} expands`)
  return inner.replaceAll('%%', '%').replaceAll('$$', '$')
}
