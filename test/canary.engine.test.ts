import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { Emit, Event } from '../lib/events.ts'
import { blob, check, derive, env, handler, probe, Secret, script, sh, stdin, type Task, task } from '../lib/index.ts'
import { prelude } from '../lib/language/prelude.ts'
import { REPORTS } from '../lib/cli/report-files.ts'
import { jsonReporter } from '../lib/report/json.ts'
import { plainReporter } from '../lib/report/plain.ts'
import { Tree } from '../lib/report/tree.ts'
import { marker } from '../lib/runner/plan/mark.ts'
import { runFleet } from '../lib/runner/fleet.ts'
import { openSession } from '../lib/session/open.ts'
import { directory } from '../tasks/directory.ts'
import { file } from '../tasks/file.ts'
import { upload } from '../tasks/upload.ts'
import { makeHost } from './session/hosts.ts'

/** What must never be seen, and a part of each that stands in every plain spelling of it. */
const CANARIES = { plain: 'c4n4ry-plain-0815', odd: `c4n4ry'q"d$HOME\nsecond-l1ne-4711` } as const

/** How programs write a value, spelled out here without the masker's help. */
const spellings = (value: string): readonly string[] => {
  const bytes = Buffer.from(value)
  const inner = (shift: number) => {
    const text = Buffer.concat([Buffer.alloc(shift, 'x'), bytes]).toString('base64')
    // Whole groups of three bytes that hold nothing else than the value.
    return text.slice(shift === 0 ? 0 : 4, 4 * Math.floor((bytes.length + shift) / 3))
  }
  const url = encodeURIComponent(value)
  const hex = bytes.toString('hex')
  return [
    value,
    ...value.split('\n'),
    url,
    JSON.stringify(value).slice(1, -1),
    hex,
    hex.toUpperCase(),
    inner(0),
    inner(1),
    inner(2),
  ]
}
const NEEDLES = Object.values(CANARIES).flatMap(spellings)

/** What of the canaries is in a text. */
const found = (text: string): readonly string[] => NEEDLES.filter((needle) => text.includes(needle))

const scratch = mkdtempSync(join(tmpdir(), 'trueup-canary-'))
// Where this machine remembers the runs.
vi.stubEnv('TRUEUP_LOCAL_ROOT', scratch)
afterAll(() => rmSync(scratch, { recursive: true }))

/** Everything that a run is shown through, with -v: to try another one, add it here. */
const OUTPUTS: Readonly<Record<string, (write: (text: string) => void) => Emit>> = {
  json: (write) => jsonReporter(write),
  plain: (write) => plainReporter({ write, colour: false, verbose: true, again: () => 'again' }),
  ...Object.fromEntries(
    Object.entries(REPORTS).map(([kind, render]) => [
      `--report ${kind}`,
      (write) => {
        const events: Event[] = []
        return (event) => {
          events.push(event)
          if (event.event === 'summary') write(render(events))
        }
      },
    ]),
  ),
  tree: (write) => new Tree({ write, colour: true, verbose: true, again: () => 'again' }, 1).emit,
}

/** Says a value in every way that programs know, on both outputs, and takes long enough to be seen in ps(1). */
const CHATTER = `
const value = process.env.CANARY ? Buffer.from(process.env.CANARY) : require('node:fs').readFileSync(0)
const text = value.toString()
for (const write of [process.stdout, process.stderr].map((out) => (said) => out.write(said + '\\n'))) {
  for (const said of [text, JSON.stringify({ text }), encodeURIComponent(text), value.toString('hex'), value.toString('hex').toUpperCase()]) write('it is ' + said)
  for (const shift of ['', 'x', 'xy']) {
    const whole = Buffer.from(shift + text + 'tail').toString('base64')
    write(whole)
    write(whole.replace(/(.{76})/g, '$1\\n'))
  }
}
setTimeout(() => {}, 200)
`

const there = (path: string) =>
  probe({ id: `there:${path}`, read: sh`[ ! -e ${path} ] || printf yes`, parse: (out) => ({ there: out === 'yes' }) })

/** Every kind of task with a secret in it; those of `bad` fail. */
const tasksFor = (dir: string, name: string, value: Secret, bad: boolean): Task[] => {
  const at = (kind: string) => join(dir, `${kind}-${name}`)
  const chatter = sh`${process.execPath} -e ${CHATTER}`
  const end = bad ? sh`exit 3` : sh`true`
  const loud = handler({ id: `loud ${name}`, title: `loud ${name}`, run: sh`${chatter} ${stdin(value)}; ${end}` })
  const made = (kind: string, command: (path: string) => ReturnType<typeof sh>): Task =>
    task({
      title: `${kind} ${name}`,
      want: there(at(kind)).is({ there: true }),
      apply: () => sh`${command(at(kind))}; ${end}; touch ${at(kind)}`,
      notifies: loud,
    })
  const imperative = task({
    title: `imperative ${name}`,
    want: there(at('imperative')).is({ there: true }),
    run: async ({ $, upload: send }) => {
      await send(blob(value), at('meant-sent'))
      await $`${chatter} ${stdin(value)}; ${end}`
      await $`touch ${at('imperative')}`
    },
  })
  const from = there(at('derived'))
  const derived = derive({
    title: `derived ${name}`,
    from,
    reads: [],
    make: () =>
      task({
        title: `derived ${name}`,
        want: from.is({ there: true }),
        apply: () => sh`${chatter} ${stdin(value)}; ${end}; touch ${at('derived')}`,
        sensitive: ['there'],
      }),
  })
  const warning = check({
    title: `check ${name}`,
    want: there(at('never')).is({ there: true }),
    level: bad ? 'fail' : 'warn',
    say: () => `the password is ${value.reveal()}`,
  })
  const scripted = script({
    title: `script ${name}`,
    check: async ($) => (await $`[ -e ${at('script')} ]`.exitCode) === 0,
    apply: async ($) => {
      await $`${chatter} ${stdin(value)}; ${end}`
      await $`touch ${at('script')}`
    },
  })
  const thrown = task({
    title: `thrown ${name}`,
    want: there(at('thrown')).is({ there: true }),
    apply: () => {
      if (bad) throw new Error(`this value cannot be written: ${value.reveal()}`)
      return sh`touch ${at('thrown')}`
    },
  })
  const meant = bad ? join(dir, 'none', `meant-${name}`) : at('meant')
  return [
    file({ path: meant, content: value }),
    upload({ path: `${meant}-up`, content: blob(value), mode: '0600' }),
    made('stdin', () => sh`${chatter} ${stdin(value)}`),
    // They fail as the one before does.
    ...(bad
      ? []
      : [
          made('env', () => sh`${env({ CANARY: value })} ${chatter} </dev/null`),
          made('body', () => sh`${chatter} ${blob(value)}`),
        ]),
    imperative,
    derived,
    warning,
    scripted,
    thrown,
  ]
}

/** Runs tasks on this machine, and what every output shows of it. */
const run = async (dir: string, tasks: readonly Task[], dryRun: boolean) => {
  const shown = new Map(Object.keys(OUTPUTS).map((name) => [name, '']))
  const emits = Object.entries(OUTPUTS).map(([name, make]) =>
    make((text) => shown.set(name, `${shown.get(name)}${text}`)),
  )
  const events: Event[] = []
  const code = await runFleet({
    id: 'canary',
    version: '0',
    targets: [
      {
        name: 'web1',
        site: { domain: 'x.test', project: 'x', dir },
        assignments: [{ role: { name: 'canary', vars: z.unknown(), tasks: () => tasks }, vars: {} }],
        open: async () => openSession(makeHost({ connection: 'local' }), { prelude }),
      },
    ],
    roles: ['canary'],
    dryRun,
    diff: true,
    verbose: true,
    forks: 1,
    signal: new AbortController().signal,
    emit: (event) => {
      events.push(event)
      for (const emit of emits) emit(event)
    },
    renderer: 'silent',
    info: { id: 'canary', when: '2026-11-24T07:30:00.000Z', who: 'me@here', version: '0', roles: ['canary'] },
    keeping: {
      mark: marker(randomBytes(32)),
      record: (_, step) => void shown.set('plan', `${shown.get('plan') ?? ''}${JSON.stringify(step)}`),
    },
  })
  return { code, events, shown: [...shown] }
}

/** What everybody on the host could read of its processes meanwhile: their command lines. */
const watchProcesses = () => {
  const loop = 'while :; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/comm 2> /dev/null | tr "\\0" " "; sleep 0.05; done'
  const child = spawn('bash', ['-c', loop], { stdio: ['ignore', 'pipe', 'ignore'] })
  let seen = ''
  child.stdout.on('data', (data) => (seen += String(data)))
  return async () => {
    const ended = new Promise((resolve) => child.on('close', resolve))
    child.kill()
    await ended
    return seen
  }
}

/** Files below a folder that were written since, and are not there to hold a canary. */
const leaks = (folder: string, since: number): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    try {
      if (entry.isDirectory()) return leaks(path, since)
      if (!entry.isFile() || entry.name.startsWith('meant-') || statSync(path).ctimeMs < since) return []
      return statSync(path).size < 4e6 && found(readFileSync(path, 'latin1')).length > 0 ? [path] : []
    } catch {
      return []
    }
  })

describe('a canary', () => {
  const secrets = Object.entries(CANARIES).map(([name, value]) => [name, new Secret(name, value)] as const)
  const since = Date.now()
  const home = process.getuid?.() === 0 ? 'var/lib' : join(process.env['HOME'] ?? '', '.local/state')
  const journal = join(scratch, home, 'trueup/runs/canary/journal')

  test('is in what is searched, so that the search finds it (F22)', () => {
    for (const value of Object.values(CANARIES)) {
      const text = (shift: string) => Buffer.from(`${shift}${value}tail`).toString('base64')
      for (const one of [value, encodeURIComponent(value), JSON.stringify(value), Buffer.from(value).toString('hex')])
        expect(found(`x${one}y`)).not.toEqual([])
      for (const shift of ['', 'x', 'xy']) expect(found(text(shift))).not.toEqual([])
    }
  })

  test.each([
    ['a dry run', { dryRun: true, bad: false }, 2],
    ['a run', { dryRun: false, bad: false }, 0],
    ['a run that fails at every task', { dryRun: false, bad: true }, 1],
  ])(
    'shows nowhere in %s (F22)',
    async (_, { dryRun, bad }, expected) => {
      const dir = join(scratch, `${dryRun}-${bad}`)
      const lists = secrets.map(([name, value]) => tasksFor(dir, name, value, bad))
      const first = directory({ path: dir })
      // What fails ends a host's run, so each failing task has a run of its own.
      const runs = bad ? lists.flat().map((one) => [first, one]) : [[first, ...lists.flat()]]
      const processes = watchProcesses()
      for (const tasks of runs) {
        const { code, events, shown } = await run(dir, tasks, dryRun)
        expect({ code, events: code === expected ? [] : events }).toEqual({ code: expected, events: [] })
        for (const [name, text] of shown) {
          expect(text.length).toBeGreaterThan(50)
          expect({ name, found: found(text), text: found(text).length > 0 ? text : '' }).toEqual({
            name,
            found: [],
            text: '',
          })
        }
      }
      const seen = await processes()
      if (!dryRun) expect(seen).toContain('setTimeout')
      expect(found(seen)).toEqual([])
      for (const folder of [scratch, '/run', '/var/tmp', '/dev/shm', '/var/log', tmpdir()])
        expect(leaks(folder, since)).toEqual([])
      if (!dryRun) expect(statSync(journal).size).toBeGreaterThan(1000)
      if (!dryRun && !bad) expect(readFileSync(join(dir, 'meant-odd'), 'utf8')).toBe(CANARIES.odd)
    },
    120_000,
  )
})
