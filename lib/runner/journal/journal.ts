import type { Event } from '../../events.ts'
import { blob } from '../../language/blob.ts'
import { type Item, notified } from '../../language/plan.ts'
import { all, Sh, sh } from '../../language/sh.ts'
import type { Declared, Handler, Imperative, Scripted } from '../../language/task.ts'
import { lasting, maskDeep } from '../tell.ts'
import type { EndLine, Line, RunLine } from './lines.ts'

/** What a run is called, who runs it and what for: the same for all of its hosts. */
export type RunInfo = Omit<RunLine, 'event' | 'host' | 'from'>

/** Characters of a diff, or of a message, that are written down. */
const LONGEST = 32 * 1024

/**
 * What a host remembers of a run that has changed something (prelude-journal.ts). It is written as the run goes, in the
 * very requests that make the changes: where the runner is killed, what it has begun stands there, and how it ended does
 * not. A run that changes nothing leaves nothing.
 */
export class Journal {
  readonly #info: RunInfo
  readonly #host: string
  #from: string | null = null
  #changes = 0
  #lines: Line[] = []
  #sent: Line[] = []
  /** Changes of which it is still to be written down what they have left. */
  #owed: number[] = []

  constructor(info: RunInfo, host: string) {
    this.#info = info
    this.#host = host
  }

  /** @param from - the address that the connection came from */
  connected(from: string | null): void {
    this.#from = from
  }

  /** The command that makes a change, with what is written down before and behind it; nothing is changed if it cannot be. */
  around(item: Item, task: Declared, command: Sh): Sh {
    const change = this.#begin(item, task)
    return new Sh([
      ...this.#change(change, item, task).pieces,
      ...sh` || exit
(
`.pieces,
      ...command.pieces,
      ...sh`
)
tu_code=$?
tu_changed ${this.#info.id} ${change}
exit "$tu_code"`.pieces,
    ])
  }

  /** The same for a change of several commands: what to put before each of them. */
  steps(item: Item, task: Imperative | Scripted): (command: Sh) => Sh {
    const change = this.#begin(item, task)
    this.#owed.push(change)
    return (command) => all(this.#change(change, item, task), command)
  }

  /** What is to be written down before anything else is asked of the host, where there is something. */
  get due(): Sh | undefined {
    if (this.#changes === 0 || this.#lines.length + this.#owed.length === 0) return undefined
    const { id } = this.#info
    const owed = this.#owed.map((change) => sh`tu_changed ${id} ${change}`)
    return all(sh`tu_note ${id} ${this.#take()}`, ...owed)
  }

  /** Whether a request that carried something came to its end; where it did not, that is carried again. */
  carried(whole: boolean): void {
    if (whole) this.#owed = []
    else this.#lines = [...this.#sent, ...this.#lines]
    this.#sent = []
  }

  /** Everything that is told of the host comes by here. */
  hear(event: Event): void {
    if (this.#changes === 0) return
    if (event.event !== 'task' && event.event !== 'handler') return
    const { event: kind, status } = event
    if (status !== 'changed' && status !== 'failed') return
    const { host: _host, command: _command, output: _output, ...told } = event
    const texts = Object.entries(told).map(([key, value]) => [key, typeof value === 'string' ? short(value) : value])
    const changes =
      event.event === 'task' &&
      event.changes.map(({ key, from, to }) => ({ key, from: lasting(from), to: lasting(to) }))
    // Only texts were made shorter, and hashes left out.
    this.#lines.push({ ...Object.fromEntries(texts), ...(changes && { changes }), event: kind, status } as Line)
  }

  /** The last words, for the connection's end; nothing where nothing was begun. */
  end(end: Omit<EndLine, 'event'>): Sh | undefined {
    if (this.#changes === 0) return undefined
    this.#lines.push({ event: 'end', ...end })
    return this.due
  }

  #begin(item: Item, task: Declared | Imperative | Scripted): number {
    if (this.#changes === 0) this.#lines.push({ event: 'run', ...this.#info, host: this.#host, from: this.#from })
    const change = ++this.#changes
    this.#lines.push({
      event: 'begin',
      change,
      role: item.role,
      task: item.task.title,
      handlers: notified(task).map(({ id, title, run }) => ({ id, title, script: scriptOf(run) })),
    })
    return change
  }

  #change(change: number, item: Item, task: Declared | Imperative | Scripted): Sh {
    const owned = [...(item.task.owns ?? []), ...(task.owns ?? [])].map(({ path }) => path)
    return sh`tu_change ${this.#info.id} ${change} ${[...new Set(owned)]} ${this.#take()}`
  }

  #take() {
    const taken = this.#lines
    this.#sent.push(...taken)
    this.#lines = []
    return blob(taken.map((line) => `${JSON.stringify(maskDeep(line))}\n`).join(''))
  }
}

const short = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}\n…` : text)

/** A handler as text that can be run again; nothing where a secret is in it. */
const scriptOf = (run: Handler['run']): string | null =>
  run.pieces.some((piece) => 'secret' in piece || ('blob' in piece && piece.blob.secret !== undefined))
    ? null
    : run.render(String, ({ bytes }) => `< <(printf %s ${bytes.toString('base64')} | base64 -d)`)
