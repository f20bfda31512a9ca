import { type DefaultRenderer, figures, ListrDefaultRendererLogLevels as Level } from 'listr2'
import type { Event, SummaryEvent } from '../events.ts'
import { counted, type Counts, none, plus } from './counts.ts'
import { details, type Happening, worthTelling } from './details.ts'
import { nextSteps } from './next.ts'
import { recap } from './recap.ts'
import { type Colours, colours, printable } from './style.ts'
import type { TextOptions } from './text.ts'

/** A line that listr2 draws. */
interface Line {
  title: string
  output: string
}

/** What a host or a role has come to. */
interface Progress {
  readonly line: Line
  readonly name: string
  counts: Counts
  /** Why the host's turn was over early. */
  over?: string
}

/**
 * For a person who watches: listr2 draws the hosts and roles as they go on, and afterwards this tells what was not
 * simply fine. One host shows a line for each role; several hosts show a line each.
 */
export class Tree {
  /** How listr2 is to draw. */
  readonly look: typeof DefaultRenderer.rendererOptions
  readonly #options: TextOptions
  readonly #colour: Colours
  readonly #single: boolean
  /** By host, and by host and role. */
  readonly #open = new Map<string, Progress>()
  readonly #seen: Happening[] = []
  #dryRun = false
  #width = 0

  constructor(options: TextOptions, hosts: number) {
    this.#options = options
    this.#colour = colours(options.colour)
    this.#single = hosts === 1
    this.look = {
      showSubtasks: this.#single,
      collapseSubtasks: false,
      showErrorMessage: false,
      formatOutput: 'truncate',
      icon: { [Level.COMPLETED_WITH_FAILED_SUBTASKS]: figures.cross },
      color: { [Level.COMPLETED_WITH_FAILED_SUBTASKS]: this.#colour.red },
    }
  }

  begin(line: Line, host: string, role?: string): void {
    const name = role ?? host.padEnd(this.#single ? 0 : this.#width)
    this.#open.set(key(host, role), { line, name, counts: none })
    line.title = role === undefined ? `${name}  ${this.#colour.dim('connecting')}` : name
    if (role !== undefined) this.#draw(host, undefined, this.#single ? '' : role)
  }

  /** A change is about to be made; so far nobody had time to look. */
  doing(host: string, role: string, task: string): void {
    if (this.#single) {
      this.#draw(host, role)
      const line = this.#open.get(key(host, role))?.line
      if (line !== undefined) line.output = printable(task)
    } else this.#draw(host, undefined, `${role} › ${printable(task)}`)
  }

  end(host: string, role?: string): void {
    this.#draw(host, role)
    this.#open.delete(key(host, role))
  }

  /** Shown on one of the lines that still move. */
  readonly note = (text: string): void => {
    const last = [...this.#open.values()].at(-1)
    if (last !== undefined) last.line.output = text
  }

  readonly emit = (event: Event): void => {
    if (event.event === 'run') {
      this.#dryRun = event.dryRun
      this.#width = Math.max(...event.hosts.map((host) => host.length))
    } else if (event.event === 'summary') this.#finish(event)
    else if (event.event !== 'check') this.#count(event)
  }

  #count(event: Happening): void {
    this.#seen.push(event)
    const host = this.#open.get(event.host)
    const role = 'role' in event ? this.#open.get(key(event.host, event.role)) : undefined
    for (const progress of [host, role]) if (progress !== undefined) progress.counts = plus(progress.counts, event)
    if (event.event === 'host' && host !== undefined) host.over = event.status
  }

  #finish(summary: SummaryEvent): void {
    const told = Object.keys(summary.hosts).flatMap((host) =>
      this.#seen.filter((one) => one.host === host && worthTelling(one)).flatMap((one) => details(one, this.#colour)),
    )
    const gap = told.length > 0 ? [''] : []
    const end = [
      ...recap(summary, this.#seen, this.#dryRun, this.#colour),
      ...nextSteps(this.#seen, this.#options.again),
    ]
    for (const line of [...gap, ...told, ...gap, ...end]) this.#options.write(`${line}\n`)
  }

  /** @param now - what is going on */
  #draw(host: string, role?: string, now = ''): void {
    const progress = this.#open.get(key(host, role))
    if (progress === undefined) return
    const { line, name, counts, over } = progress
    const parts = [name]
    if (over !== undefined) parts.push(this.#colour.red(over))
    if (counts !== none && !(this.#single && role === undefined)) parts.push(this.#colour.dim(counted(counts)))
    if (now !== '') parts.push(now)
    line.title = parts.join('  ')
  }
}

const key = (host: string, role?: string): string => (role === undefined ? host : `${host} ${role}`)
