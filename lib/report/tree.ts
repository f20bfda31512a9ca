import type { Event } from '../events.ts'
import { counted, type Counts, none, notable, plus } from './counts.ts'
import { isHappening } from './details.ts'
import { type PlainOptions, plainReporter } from './plain.ts'
import { type Colours, colours, printable } from './style.ts'

interface Line {
  title: string
  output: string
}

/** What is counted on one line of the tree. */
interface Counted {
  readonly line: Line
  readonly name: string
  counts: Counts
  /** What is going on right now. */
  now: string
}

/**
 * For a person who watches: hosts and roles as they go on, and afterwards what was not simply fine. One host has a line
 * for each role; several hosts have a line each.
 */
export class Tree {
  readonly look: { showSubtasks: boolean; collapseSubtasks: false; showErrorMessage: false; formatOutput: 'truncate' }
  readonly #colour: Colours
  readonly #plain: (event: Event) => void
  readonly #lines = new Map<string, Counted>()
  readonly #events: Event[] = []

  constructor(options: PlainOptions, hosts: number) {
    this.#colour = colours(options.colour)
    this.#plain = plainReporter(options)
    this.look = {
      showSubtasks: hosts === 1,
      collapseSubtasks: false,
      showErrorMessage: false,
      formatOutput: 'truncate',
    }
  }

  begin(line: Line, host: string, role?: string): void {
    const key = this.look.showSubtasks && role !== undefined ? `${host} ${role}` : host
    const before = this.#lines.get(key)
    if (before === undefined) this.#lines.set(key, { line, name: role ?? host, counts: none, now: role ?? '' })
    else before.now = role ?? ''
    this.#draw(key)
  }

  doing(host: string, role: string, task: string): void {
    const line = this.#lineOf(host, role)
    if (line !== undefined) line.line.output = printable(task)
  }

  readonly note = (text: string): void => {
    for (const { line } of this.#lines.values()) line.output = text
  }

  readonly emit = (event: Event): void => {
    this.#events.push(event)
    if (event.event === 'summary') return this.#finish()
    if (!isHappening(event) || !('role' in event)) return
    const line = this.#lineOf(event.host, event.role)
    if (line === undefined) return
    line.counts = plus(line.counts, event)
  }

  #lineOf(host: string, role: string): Counted | undefined {
    return this.#lines.get(`${host} ${role}`) ?? this.#lines.get(host)
  }

  #draw(key: string): void {
    const it = this.#lines.get(key)
    if (it !== undefined) it.line.title = `${it.name}  ${this.#colour.dim(counted(it.counts))}`
  }

  #finish(): void {
    for (const event of this.#events) this.#plain(event)
    void notable
  }
}
