import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { bundle } from '../../bin/build.ts'
import { mischief } from '../e2e/mischief.ts'
import { on } from '../e2e/judge.ts'
import { cli } from '../e2e/trueup.ts'
import { diffManifest, type Manifest, manifest, restore, snapshot, ssh } from '../sandbox/index.ts'
import { randomly, shuffled } from '../random.ts'
import type { Moment, Request } from './moments.ts'
import { spelled } from './strike.ts'

/** What an undisturbed run finds and leaves. */
export interface Course {
  readonly before: Shape
  readonly after: Shape
}

/** What is on a host after a run: its disk, the services that run, and the rules in the kernel. */
export interface Shape {
  readonly disk: Manifest
  readonly live: string
}

/** What no two runs leave the same, each with its reason. */
const OWN: readonly [pattern: RegExp, reason: string][] = [
  [/^file \/var\/lib\/trueup\b/, 'our own notes'],
  [/^file \/var\/(log|cache|backups)\//, 'what programs write by the way'],
  [/^file \/var\/lib\/(apt|ucf|fail2ban|systemd\/(deb-|linger|catalog))/, 'what packages note'],
  [/^file \/var\/lib\/dpkg\/(lock|triggers|status-old|available-old|diversions-old)/, 'what packages note'],
  [
    /^file \/var\/lib\/dpkg\/tmp\.ci\b/,
    'what a dpkg has left that was cut off; it clears it when it next unpacks something',
  ],
  [/^file \/var\/lib\/(containerd|docker)\//, 'what the engine keeps for itself'],
  [/^file \/etc\/(ld\.so\.cache|ufw\/.*\.rules\.\d+_\d+)/, 'made anew, with the time in its name'],
  [/^file .*\/nginx\/ssl\//, 'a key is made anew where it was lost'],
  [/^container /, 'judged by what runs'],
  [/^unit ufw\.service$/, 'active since a boot, not since it was enabled; its rules are looked at in the kernel'],
]

const comparable = (disk: Manifest): Manifest =>
  Object.fromEntries(
    Object.entries(disk).flatMap(([key, value]): [string, string][] => {
      if (OWN.some(([pattern]) => pattern.test(key))) return []
      return [[key, key.startsWith('unit ') ? 'active' : value]]
    }),
  )

// The engine ends a chain that it finds with a rule that says what its end says anyway, and one that it makes without.
// What is enabled or masked is links, and what is installed is in dpkg's status: both are on the disk.
const LIVE = `for save in iptables-save ip6tables-save; do $save | sed -E '/^#/d; /^-A DOCKER-USER -j RETURN$/d; s/\\[[0-9]+:[0-9]+\\]//'; done`

/** Beside `files/`, which it reads. */
const FOLDER = '.sandbox'

const built = (): Promise<void> => bundle('test/faults/run.ts', FOLDER)

/** Which drifts a host is broken by. */
export interface Choice {
  /** These by all means. */
  readonly must?: readonly string[]
  /** Of the others, those that take no program of the host's to be made, and next to none to be mended. */
  readonly quick?: boolean
}

const QUICK = /^(?:chmod|chown|rm|ln|sed|echo|printf) [^;&|]*$/

/** What a run of a campaign is never without: a change that is guarded, and one that has a handler. */
const ALWAYS = ['a file edited', 'a site edited']

/** A host whose runs are disturbed, and what becomes of it. */
export const field = (name: string, roles: readonly string[]) => {
  const commands = new Map<string, string>()
  const folder = mkdtempSync(join(tmpdir(), 'trueup-faults-'))
  const args = ['--role', roles.join(','), '--limit', name, '--json']
  const run = (env: Readonly<Record<string, string>> = {}, more: readonly string[] = []) =>
    cli([...args, ...more], env, `${FOLDER}/run.js`)
  const done = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    const { code, stdout, stderr } = await run(env)
    if (code !== 0) throw new Error(`${stdout.slice(-4000)}${stderr}`)
  }
  return {
    name,
    run,
    /** A run to its end. @throws Error where it has not done its work */
    done,
    away: () => rmSync(folder, { recursive: true, force: true }),

    /**
     * Everything as the roles want it, and then much of it broken.
     *
     * @returns what
     */
    prepare: async (
      drifts: number,
      seed: number,
      { must = [], quick = false }: Choice = {},
    ): Promise<readonly string[]> => {
      await done()
      const ours = mischief.filter(({ role }) => roles.includes(role))
      const first = ours.filter((one) => [...ALWAYS, ...must].includes(one.name))
      const others = quick ? ours.filter(({ command }) => QUICK.test(command)) : ours
      for (const { name: drift, command } of [...first, ...shuffled(others, randomly(seed))]) {
        if (commands.size === drifts) break
        if (!commands.has(drift) && (await ssh(name, command)).code === 0) commands.set(drift, command)
      }
      return [...commands.keys()]
    },

    /** Breaks it once more, in the same way. */
    breaks: async (): Promise<void> => {
      await on(name, [...commands.values()].map((command) => `(${command}\n) || exit`).join('\n'))
    },

    /** Runs it undisturbed, and looks at what that does. */
    reference: async (): Promise<{ trace: readonly Request[]; shape: Shape }> => {
      const trace = join(folder, 'trace')
      await done({ TRUEUP_TRACE: trace })
      const Line = z.object({ n: z.number(), sort: z.enum(['read', 'change', 'handler', 'guarded']), ms: z.number() })
      const lines = readFileSync(trace, 'utf8').trim().split('\n')
      return { trace: lines.map((line) => Line.parse(JSON.parse(line))), shape: await shapeOf(name) }
    },

    /** Runs it until it is struck. @returns whether it came to that */
    strike: async (moment: Moment): Promise<boolean> =>
      (await run({ TRUEUP_STRIKE: spelled(moment) })).signal === 'SIGKILL',

    /** Goes back to where it was broken. */
    back: () => restore(name, 'broken'),
  }
}

export type Field = ReturnType<typeof field>

/**
 * A host with much broken, as it is then and after a run that nobody disturbs, and what that run asked of it.
 *
 * @param keep - makes a snapshot of the broken host, to go back to
 */
export const readied = async (
  place: Field,
  drifts: number,
  seed: number,
  choice: Choice = {},
  keep = false,
): Promise<{ course: Course; trace: readonly Request[] }> => {
  await built()
  console.log(`seed ${seed}; broken by hand: ${(await place.prepare(drifts, seed, choice)).join(', ')}`)
  // From here on it is broken as it is going to be each time: all at once, on what such a run has left.
  await place.done()
  await place.breaks()
  if (keep) {
    await snapshot(place.name, 'broken')
    // A host that has just been started is not yet what its runner knows: its run asks once more than all that follow.
    await place.done()
    await place.breaks()
  }
  const before = await shapeOf(place.name)
  const { trace, shape: after } = await place.reference()
  return { course: { before, after }, trace }
}

export const diskOf = async (name: string): Promise<Manifest> => comparable(await manifest(name))

export const shapeOf = async (name: string): Promise<Shape> => ({
  disk: await diskOf(name),
  live: await on(name, LIVE),
})

/** What is otherwise than after an undisturbed run. */
export const otherwise = (wanted: Shape, found: Shape): readonly string[] => [
  ...diffManifest(wanted.disk, found.disk),
  ...diffManifest(linesOf(wanted.live), linesOf(found.live)),
]

const linesOf = (text: string): Manifest => Object.fromEntries(text.split('\n').map((line) => [`live ${line}`, '']))

/** Files that are neither as they were nor as they are to be: somebody could read half of one. */
export const torn = (before: Manifest, after: Manifest, now: Manifest): readonly string[] =>
  Object.keys({ ...before, ...after })
    .filter((key) => key.startsWith('file /etc/') && before[key] !== after[key])
    .filter((key) => now[key] !== before[key] && now[key] !== after[key])

/** What several changes of one run write, each as a whole: between two of them it is neither. */
const RULES = /^file (\/etc\/ufw\/user(6?)\.rules)$/

/** The same on a host, where what ufw has written is whole if the kernel can read it to its end. */
export const tornOn = async (name: string, { before, after }: Course): Promise<readonly string[]> => {
  const half: string[] = []
  for (const key of torn(before.disk, after.disk, await diskOf(name))) {
    const [, path, six] = RULES.exec(key) ?? []
    const whole = `tail -n 1 ${path} | grep -qx COMMIT && ip${six}tables-restore -n --test ${path}`
    if (path === undefined || (await ssh(name, whole)).code !== 0) half.push(key)
  }
  return half
}

/** A run after a fault: it comes to its end, and everything is as without the fault. */
export const recovers = async (place: Field, { after }: Course): Promise<void> => {
  const { code, stdout, stderr } = await place.run()
  const failed = stdout.split('\n').filter((one) => one.includes('"failed"'))
  if (code !== 0) throw new Error([`the run after it ended with ${code}`, ...failed, stderr].join('\n'))
  const left = otherwise(after, await shapeOf(place.name))
  if (left.length > 0) throw new Error(`not as without the fault:\n${left.join('\n')}`)
}
