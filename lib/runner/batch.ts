import type { Step } from '../language/judge.ts'
import type { Item } from '../language/plan.ts'
import { Sh } from '../language/sh.ts'
import type { Declared, Drift } from '../language/task.ts'
import type { Output } from '../session/session.ts'
import { APPLY_SECONDS, type Attempt, bodyOf, came, commandOf, noted, type Show } from './attempt.ts'
import type { Question } from './facts.ts'
import { guardOf } from './guard.ts'
import type { HostLink } from './host.ts'

/** Neighbours that go in one request, at most: it is finished even where the run is gone. */
export const MOST = 24

/** A file or folder that is to be put in place. */
export interface Member {
  readonly item: Item
  readonly task: Declared
  readonly drift: Drift
  readonly command: Sh
}

/**
 * A change that touches one file or folder, and rests on nothing but what is there: what was read for it is no older for
 * the change of another one.
 *
 * @returns nothing where it is not such a change
 */
export const memberOf = (item: Item, step: Step): Member | undefined => {
  if (step.kind !== 'drift' || step.task.kind !== 'task') return undefined
  const { task, drift } = step
  const [own, ...more] = task.owns ?? []
  const plain = task.retries === undefined && task.reboots === undefined
  if (task.alone !== true || !plain || own === undefined || own.part === true || more.length > 0) return undefined
  if (guardOf(task, drift) !== undefined) return undefined
  const command = commandOf(task, drift)
  return command instanceof Error ? undefined : { item, task, drift, command }
}

/** One after the other, up to and with the first that fails; behind the output of each stands its exit code. */
export const chain = (commands: readonly Sh[]): Sh =>
  new Sh(
    commands.flatMap(({ pieces }) => [
      { text: '(\n' },
      ...pieces,
      { text: `\n)\ntu_code=$?; printf '\\0%s\\0' "$tu_code"; [ "$tu_code" = 0 ] || exit "$tu_code"\n` },
    ]),
  )

/** What each of a chain came to, as far as it was begun. */
export const links = ({ stdout, stderr, code: last, ...rest }: Output): readonly Output[] => {
  const parts = stdout.toString('latin1').split('\0')
  const said = (index: number) => Buffer.from(parts[index] ?? '', 'latin1')
  const ended = Array.from({ length: Math.floor(parts.length / 2) }, (_, index): Output => {
    const code = Number(parts[index * 2 + 1])
    // Who has failed is the last, and had something to say.
    return { ...rest, timedOut: false, code, stdout: said(index * 2), stderr: code === 0 ? Buffer.alloc(0) : stderr }
  })
  const whole = last === 0 || ended.some(({ code }) => code !== 0)
  return whole ? ended : [...ended, { ...rest, code: last, stdout: said(parts.length - 1), stderr }]
}

/**
 * Puts files and folders in place in one request, and looks at them in the same.
 *
 * @param first - what must be done before each
 * @returns how each went that was begun: the last of them has failed, or is the last of all; nothing where the connection
 * was lost on the way and made again
 */
export const together = async (
  host: HostLink,
  members: readonly Member[],
  first: (task: Declared) => readonly Sh[],
  reads: Question,
  show: Show,
): Promise<readonly Attempt[] | undefined> => {
  const bodies = members.map(({ task }) => bodyOf(task, show)[0])
  const before = bodies.filter((one) => one !== undefined)
  const changes = members.map(({ item, task, command }) => noted(host, item, task, command, first(task)))
  const seconds = members.reduce((sum, { task }) => sum + (task.timeout ?? APPLY_SECONDS), 0)
  const outputs = await host.change([...before, chain(changes)], reads, seconds)
  const whole = outputs?.at(-1)
  if (outputs === undefined || whole === undefined) return undefined
  const ended = links(whole)
  const old = new Map(before.map((asked, nth) => [asked, outputs[nth]]))
  return await Promise.all(
    members.slice(0, ended.length).map(({ task, command }, index) => {
      const asked = bodies[index]
      return came(task, command, ended[index], asked && old.get(asked), show)
    }),
  )
}
