import { expect, it } from 'vitest'
import type { Event } from '../../lib/events.ts'
import { jsonReporter } from '../../lib/report/json.ts'
import { plainReporter } from '../../lib/report/plain.ts'
import { coloured } from '../../lib/report/style.ts'
import { eventful, run, summary, task } from './events.ts'

const plain = (events: readonly Event[], options: { verbose?: boolean; colour?: boolean } = {}): string => {
  let text = ''
  const again = (host: string, role: string) => `npx tsx run.ts --role ${role} --limit ${host}`
  const emit = plainReporter({ write: (more) => (text += more), colour: false, verbose: false, again, ...options })
  for (const event of events) emit(event)
  return text
}

it('tells of whatever is not simply fine', () => {
  expect(plain(eventful)).toMatchInlineSnapshot(`
    "gone  unreachable  gone (root@192.0.2.1:22): timed out
    web1 ufw  changed       ufw enable
        active: false → true
        $ ufw --force enable
        | Firewall is active
        | and enabled
    web1 ufw  warning       kernel  a reboot is due
    web1 ufw  1 ok, 1 changed
    web1 nginx  changed       file /etc/motd
        mode: 0600 → 0644
        --- /etc/motd
        +++ /etc/motd
        @@ -1,1 +1,1 @@
        -old
        +new
    web1 nginx  changed       directory /srv/x
        absent → type directory, mode 0755, sha256 ab12cd34…
    web1 nginx  handler       reload nginx
    db1 ufw  1 ok
    db1 nginx  failed        site
        content: a\\x1b[31mb → ""
        exit code 1
          command: nginx -t
          it said: unknown directive "sevrer"
          now: content is still a
    web1 nginx  0 ok, 2 changed, 1 handler
    db1 nginx  0 ok, 1 failed, 1 skipped

    web1  1 ok, 3 changed, 1 handler, 5 trips, 2 min 5 s
    db1   1 ok, 1 failed, 1 skipped, 2 trips, 0.6 s
    gone  unreachable
    A host could not be reached.
    Once mended:
      npx tsx run.ts --role nginx --limit db1
    "
  `)
})

it('tells everything with -v', () => {
  expect(plain(eventful, { verbose: true })).toMatchInlineSnapshot(`
    "gone  unreachable  gone (root@192.0.2.1:22): timed out
    web1 ufw  ok            apt install ufw
        $ apt-get install ufw
    db1 ufw  ok            apt install ufw
    web1 ufw  changed       ufw enable
        active: false → true
        $ ufw --force enable
        | Firewall is active
        | and enabled
    web1 ufw  warning       kernel  a reboot is due
    web1 ufw  1 ok, 1 changed
    web1 nginx  changed       file /etc/motd
        mode: 0600 → 0644
        --- /etc/motd
        +++ /etc/motd
        @@ -1,1 +1,1 @@
        -old
        +new
    web1 nginx  changed       directory /srv/x
        absent → type directory, mode 0755, sha256 ab12cd34…
    web1 nginx  handler       reload nginx
    db1 ufw  1 ok
    db1 nginx  failed        site
        content: a\\x1b[31mb → ""
        exit code 1
          command: nginx -t
          it said: unknown directive "sevrer"
          now: content is still a
    db1 nginx  skipped       unit nginx running
    web1 nginx  0 ok, 2 changed, 1 handler
    db1 nginx  0 ok, 1 failed, 1 skipped

    web1  1 ok, 3 changed, 1 handler, 5 trips, 2 min 5 s
    db1   1 ok, 1 failed, 1 skipped, 2 trips, 0.6 s
    gone  unreachable
    A host could not be reached.
    Once mended:
      npx tsx run.ts --role nginx --limit db1
    "
  `)
})

it('tells once why a turn was over early', () => {
  const crash = [
    run(false, 'web1'),
    { event: 'warning', host: 'web1', role: '', message: 'the prelude fails' },
    summary(1, { web1: { failed: 1, error: 'the prelude fails' } }),
  ] as const
  expect(plain(crash).match(/the prelude fails/g)).toHaveLength(1)
  expect(plain([run(false, 'web1'), summary(64, { web1: { error: 'roles do not fit' } })])).toContain(
    'roles do not fit',
  )
})

it('tells of hosts that were not begun together, at the end, and of each with -v', () => {
  const names = Array.from({ length: 12 }, (_, index) => `web${index + 2}`)
  const why = '1 of 13 hosts failed (web1), and --max-fail allows none'
  const stopped = [
    run(false, 'web1', ...names),
    task('web1', 'ufw', 'ufw enable', 'failed'),
    ...names.map((host): Event => ({ event: 'host', host, status: 'skipped', exitCode: 1, message: why })),
    summary(1, { web1: { failed: 1 }, ...Object.fromEntries(names.map((name) => [name, { error: why }])) }),
  ]
  expect(plain(stopped)).toMatchInlineSnapshot(`
    "web1 ufw  failed        ufw enable
    web1 ufw  0 ok, 1 failed

    web1  0 ok, 1 failed, 1 trip, 0.6 s
    12 hosts not begun (web2, web3, web4, web5, web6, web7, web8, web9, web10, web11, …): 1 of 13 hosts failed (web1), and --max-fail allows none
    Failed: one task did not do its work.
    Once mended:
      npx tsx run.ts --role ufw --limit web1
    "
  `)
  expect(plain(stopped, { verbose: true })).toContain(`web13  skipped  ${why}`)
})

it('says what a dry run has found', () => {
  const found = [
    run(true, 'web1'),
    task('web1', 'ufw', 'ufw enable', 'would-change', { changes: [{ key: 'active', from: false, to: true }] }),
    task('web1', 'ufw', 'http2', 'unknown', { message: 'known only after “apt install nginx”' }),
    { event: 'handler', host: 'web1', role: 'ufw', task: 'reload ufw', status: 'would-change', ms: 0 },
    summary(2, { web1: { ok: 3, wouldChange: 1, unknown: 1, handlers: 1 } }),
  ] as const
  expect(plain(found)).toMatchInlineSnapshot(`
    "web1 ufw  would change  ufw enable
        active: false → true
    web1 ufw  unknown       http2
        known only after “apt install nginx”
    web1 ufw  would run     reload ufw
    web1 ufw  0 ok, 1 would change, 1 unknown, 1 handler

    web1  3 ok, 1 would change, 1 unknown, 1 handler, 1 trip, 0.6 s
    The dry run found 1 thing to change and 1 that can be known only later.
    "
  `)
})

it.each([
  [0, true, 'The dry run found nothing to change.'],
  [1, false, 'Failed: 0 tasks.'],
  [4, false, 'Another run holds a host.'],
  [130, false, 'Interrupted.'],
])('says what exit code %s means', (exitCode, dryRun, words) => {
  expect(plain([run(dryRun, 'web1'), summary(exitCode, { web1: { ok: 1 } })])).toContain(words)
})

it('lets no escape sequence of a host through, and colours only what is its own', () => {
  const escapes = /\u001b\[31mb/
  expect(plain(eventful)).not.toMatch(/[\u001b\r\u0007]/)
  expect(plain(eventful, { colour: true })).not.toMatch(escapes)
  expect(plain(eventful, { colour: true })).toContain('\u001b[')
})

it.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
  [{ TERM: 'dumb' }, true, false],
])('colours with %j on a terminal (%s): %s', (env, isTerminal, expected) => {
  expect(coloured(env, isTerminal)).toBe(expected)
})

it('prints each event on one line for programs', () => {
  let text = ''
  for (const event of eventful) jsonReporter((more) => (text += more))(event)
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(eventful)
})
