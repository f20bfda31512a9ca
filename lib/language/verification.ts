import { judge as step, probesOf, type View } from './judge.ts'
import type { Probe } from './probe.ts'
import { brief, type State } from './state.ts'
import type { Site } from './role.ts'
import type { Task } from './task.ts'

/** What a look at the host, or at it from outside, came to. */
export interface Verdict {
  /** `unreachable`: it cannot be judged from here, now or by a program; the detail says by whom and how. */
  readonly status: 'ok' | 'failed' | 'unreachable'
  readonly detail: string
}

export const fine = (detail: string): Verdict => ({ status: 'ok', detail })
export const bad = (detail: string): Verdict => ({ status: 'failed', detail })
export const beyond = (detail: string): Verdict => ({ status: 'unreachable', detail })

/** A line of the checklist that the host itself can answer. It only reads. */
export interface Verification {
  readonly title: string
  /** Asked on the host, all of a run's in one round trip. */
  readonly reads: readonly Probe[]
  judge(view: View): Verdict
}

/** How one probe's state is judged. */
export interface Look<S extends State> {
  readonly title: string
  readonly from: Probe<S>
  judge(found: S): Verdict
}

/** A line of the checklist that one probe answers; where it cannot be read, it has failed. */
export const look = <S extends State>(definition: Look<S>): Verification => {
  const { title, from, judge }: Look<State> = definition
  return {
    title,
    reads: [from],
    judge: (view) => {
      const reading = view.get(from)
      if (reading === undefined) return bad(`${from.id} was not asked`)
      return 'state' in reading ? judge(reading.state) : bad('error' in reading ? reading.error : reading.waitsFor)
    },
  }
}

/** What is to be found as tasks want it. */
export interface Held {
  readonly title: string
  readonly tasks: readonly Task[]
  /** Said where all of it holds. */
  readonly good: string
  /** Said after what does not hold: `run --role ufw`. */
  readonly mend: string
}

/** A line of the checklist that holds where nothing of these tasks is left to do and none of them warns. */
export const held = ({ title, tasks, good, mend }: Held): Verification => ({
  title,
  reads: tasks.flatMap(probesOf),
  judge: (view) => {
    const wrong = tasks.flatMap((task): string[] => {
      const found = step(task, view)
      switch (found.kind) {
        case 'ok':
          return found.warning === undefined ? [] : [found.warning]
        case 'drift':
          return [said(found.task, found.drift.changes)]
        case 'failed':
          return [found.message]
        case 'unknown':
        case 'unread':
        case 'ask':
          return [`${task.title}: not known`]
      }
    })
    return wrong.length === 0 ? fine(good) : bad(`${wrong.join('; ')}; ${mend}`)
  },
})

type Changes = Parameters<NonNullable<Extract<Task, { kind: 'task' }>['words']>>[0]

const said = (task: Extract<Task, { kind: 'task' | 'run' }>, changes: Changes): string => {
  if (task.words !== undefined) return task.words(changes).join(', ')
  const hidden = new Set(task.sensitive)
  const values = changes.map(({ key, from, to }) =>
    hidden.has(key) ? `${key} differs` : `${key} is ${brief(from)}, not ${brief(to)}`,
  )
  return `${task.title}: ${values.join(', ')}`
}

/** What a web server answered to one request. */
export interface Visit {
  readonly code: number
  readonly headers: Readonly<Record<string, string>>
  /** Of the connection, where it was over TLS. */
  readonly tls?: { readonly protocol: string; readonly issuer: string; readonly expires: Date }
}

/** The world as it is seen from where this program runs. Its methods throw {@link NotFromHere} where it cannot be seen. */
export interface World {
  /** The addresses of a name; none where there is no such name. */
  resolve(name: string): Promise<readonly string[]>
  /**
   * One GET, no redirect followed.
   *
   * @param upgrade - asks to go on as a WebSocket
   * @throws Error where TLS fails: a certificate that is not trusted, a name that is not in it
   */
  visit(url: string, options?: { readonly upgrade?: boolean }): Promise<Visit>
  /** Whether a TLS handshake of this version is answered. */
  handshake(name: string, version: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<boolean>
  /** Whether a port takes a connection. */
  connects(address: string, port: number): Promise<boolean>
}

/** Something that cannot be told from here: no network, no resolver, a name that exists in tests only. */
export class NotFromHere extends Error {
  override readonly name = 'NotFromHere'
}

/** A line of the checklist that is asked from outside of the hosts. */
export interface Outside {
  readonly title: string
  /** The host that it is about, where it is about one: it is asked only once that host has been reached. */
  readonly host?: string
  ask(world: World): Promise<Verdict>
}

/** What questions from outside are made from. */
export interface OutsideInput {
  readonly site: Site
  /** The site's hosts; the address is missing where there is none that one could connect to directly. */
  readonly hosts: readonly { readonly name: string; readonly address?: string | undefined }[]
}
