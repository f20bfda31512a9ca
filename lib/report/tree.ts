import { type DefaultRenderer, figures, ListrDefaultRendererLogLevels as Level } from 'listr2'
import type { Event, SummaryEvent } from '../events.ts'
import { counted, type Counts, none, plus } from './counts.ts'
import { details, type Happening, notBegun, worthTelling } from './details.ts'
import { nextSteps } from './next.ts'
import { recap } from './recap.ts'
import { type Colours, colours, printable } from './style.ts'
import type { TextOptions } from './text.ts'

/** A line that listr2 draws. */
interface Line {
  title: string
  output: string
  readonly task: { title?: string }
}

/** Rows for the line about all hosts, a note below it, and the one that the cursor is in. */
const BESIDES = 4

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
 * simply fine. One host shows a line for each role; several hosts show a line each; of more than there is room for just
 * those under way have one, below a line about them all.
 */
export class Tree {
  /** How listr2 is to draw. */
  readonly look: typeof DefaultRenderer.rendererOptions
  readonly #options: TextOptions
  readonly #colour: Colours
  readonly #single: boolean
  readonly #hosts: number
  /** Lines that there is room for. */
  readonly #room: number
  readonly crowded: boolean
  #overview: Line | undefined
  /** Hosts that have a line. */
  readonly #shown = new Set<string>()
  #underWay = 0
  readonly #ended = { fine: 0, failed: 0, 'not begun': 0 }
  /** By host, and by host and role. */
  readonly #open = new Map<string, Progress>()
  readonly #seen: Happening[] = []
  #dryRun = false
  #width = 0

  /** @param rows - of the terminal */
  constructor(options: TextOptions, hosts: number, rows = Infinity) {
    this.#options = options
    this.#colour = colours(options.colour)
    this.#single = hosts === 1
    this.#hosts = hosts
    this.#room = Math.max(1, rows - BESIDES)
    this.crowded = hosts > this.#room
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
    if (role === undefined) this.#admit(host)
    if (!this.#shown.has(host)) return
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
    const progress = this.#open.get(key(host, role))
    this.#open.delete(key(host, role))
    if (role !== undefined || progress === undefined) return
    this.#underWay -= 1
    this.#shown.delete(host)
    this.#ended[progress.over !== undefined || progress.counts.failed > 0 ? 'failed' : 'fine'] += 1
    if (this.crowded) delete progress.line.task.title
    this.#count()
  }

  overview(line: Line): void {
    this.#overview = line
    this.#count()
  }

  /** A host is under way, and has a line where there is room for it. */
  #admit(host: string): void {
    this.#underWay += 1
    if (!this.crowded || this.#shown.size < this.#room) this.#shown.add(host)
    this.#count()
  }

  /** `12 of 50 hosts done, 10 under way, 2 failed`. */
  #count(): void {
    if (this.#overview === undefined) return
    const { fine, failed, 'not begun': left } = this.#ended
    const more = Object.entries({ 'under way': this.#underWay, failed, 'not begun': left })
    const parts = more.flatMap(([word, count]) => (count === 0 ? [] : [`${count} ${word}`]))
    this.#overview.title = [`${fine + failed} of ${this.#hosts} hosts done`, ...parts].join(', ')
  }

  /** Shown on one of the lines that still move. */
  readonly note = (text: string): void => {
    const line = this.#overview ?? [...this.#open.values()].at(-1)?.line
    if (line !== undefined) line.output = text
  }

  readonly emit = (event: Event): void => {
    if (event.event === 'run') {
      this.#dryRun = event.dryRun
      this.#width = Math.max(...event.hosts.map((host) => host.length))
    } else if (event.event === 'summary') this.#finish(event)
    else if (event.event !== 'check') this.#hear(event)
  }

  #hear(event: Happening): void {
    this.#seen.push(event)
    const host = this.#open.get(event.host)
    const role = 'role' in event ? this.#open.get(key(event.host, event.role)) : undefined
    for (const progress of [host, role]) if (progress !== undefined) progress.counts = plus(progress.counts, event)
    if (event.event === 'host' && host !== undefined) host.over = event.status
    if (!notBegun(event)) return
    this.#ended['not begun'] += 1
    this.#count()
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
    if (progress === undefined || !this.#shown.has(host)) return
    const { line, name, counts, over } = progress
    const parts = [name]
    if (over !== undefined) parts.push(this.#colour.red(over))
    if (counts !== none && !(this.#single && role === undefined)) parts.push(this.#colour.dim(counted(counts)))
    if (now !== '') parts.push(now)
    line.title = parts.join('  ')
  }
}

const key = (host: string, role?: string): string => (role === undefined ? host : `${host} ${role}`)
