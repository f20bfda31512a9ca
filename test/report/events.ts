import type { Event, HostSummary, TaskEvent } from '../../lib/events.ts'

export const run = (dryRun: boolean, ...hosts: string[]): Event => ({
  event: 'run',
  id: '20261124T073000Z-ab12',
  dryRun,
  roles: ['ufw', 'nginx'],
  hosts,
  version: '0.1.0',
})

export const task = (
  host: string,
  role: string,
  title: string,
  status: TaskEvent['status'],
  rest: Partial<TaskEvent> = {},
): Event => ({ event: 'task', host, role, task: title, status, changes: [], ms: 12, ...rest })

const nothing = { ok: 0, changed: 0, wouldChange: 0, unknown: 0, failed: 0, skipped: 0, handlers: 0, trips: 1, ms: 640 }

export const summary = (exitCode: number, hosts: Record<string, Partial<HostSummary>>): Event => ({
  event: 'summary',
  exitCode,
  hosts: Object.fromEntries(Object.entries(hosts).map(([host, counts]) => [host, { ...nothing, ...counts }])),
})

const diff = '--- /etc/motd\n+++ /etc/motd\n@@ -1,1 +1,1 @@\n-old\n+new'

/** A run in which everything happens that can. */
export const eventful: readonly Event[] = [
  run(false, 'web1', 'db1', 'gone'),
  { event: 'host', host: 'gone', status: 'unreachable', exitCode: 3, message: 'gone (root@192.0.2.1:22): timed out' },
  task('web1', 'ufw', 'apt install ufw', 'ok', { command: 'apt-get install ufw' }),
  task('db1', 'ufw', 'apt install ufw', 'ok'),
  task('web1', 'ufw', 'ufw enable', 'changed', {
    changes: [{ key: 'active', from: false, to: true }],
    command: 'ufw --force enable',
    output: 'Firewall is active\nand enabled',
  }),
  { event: 'warning', host: 'web1', role: 'ufw', task: 'kernel', message: 'a reboot is due' },
  task('web1', 'nginx', 'file /etc/motd', 'changed', {
    changes: [
      { key: 'text', from: '‹4 B sha256:aaaaaaaa…›', to: '‹4 B sha256:bbbbbbbb…›' },
      { key: 'mode', from: '0600', to: '0644' },
    ],
    diff,
  }),
  task('web1', 'nginx', 'directory /srv/x', 'changed', {
    changes: [
      { key: 'type', from: null, to: 'directory' },
      { key: 'mode', from: null, to: '0755' },
      { key: 'sha256', from: null, to: 'ab12cd34'.repeat(8) },
    ],
  }),
  { event: 'handler', host: 'web1', role: 'nginx', task: 'reload nginx', status: 'changed', ms: 3 },
  task('db1', 'nginx', 'site', 'failed', {
    changes: [{ key: 'content', from: 'a\u001b[31mb', to: '' }],
    message: 'exit code 1\n  command: nginx -t\n  it said: unknown directive "sevrer"\n  now: content is still a',
    command: 'nginx -t',
  }),
  task('db1', 'nginx', 'unit nginx running', 'skipped'),
  summary(3, {
    web1: { ok: 1, changed: 3, handlers: 1, trips: 5, ms: 125_000 },
    db1: { ok: 1, failed: 1, skipped: 1, trips: 2 },
    gone: { trips: 0, error: 'gone (root@192.0.2.1:22): timed out' },
  }),
]
