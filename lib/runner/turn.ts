import type { Emit, Event, HostSummary } from '../events.ts'
import type { Site } from '../language/role.ts'
import { LockedError, LostError, type Session, UnreachableError } from '../session/session.ts'
import { Apply } from './apply.ts'
import { RoleError } from './compose.ts'
import { DryRun } from './dry-run.ts'
import { message } from './failure.ts'
import { type Assignments, type HostRun, InterruptedError, type Keeping } from './job.ts'
import { Journal, type RunInfo } from './journal/journal.ts'
import type { EndLine } from './journal/lines.ts'
import { StaleError } from './plan/compare.ts'
import { Tally } from './tally.ts'

/** A host that a run is for. */
export interface Target {
  readonly name: string
  readonly site: Site
  readonly assignments: Assignments
  /** Makes the session; it connects at its hello. */
  open(): Promise<Session>
}

export interface TurnOptions {
  readonly dryRun: boolean
  readonly diff: boolean
  readonly verbose: boolean
  readonly signal: AbortSignal
  readonly emit: Emit
  readonly doing?: (role: string, task: string) => void
  readonly keeping?: Keeping
  readonly reboot?: boolean
  /** For the journals of the hosts. */
  readonly info?: RunInfo
}

/** One host's turn: whatever goes wrong is told as events and ends in its summary. */
export class Turn {
  readonly #target: Target
  readonly #options: TurnOptions
  readonly #tally = new Tally()
  #started: number | undefined
  #ended: number | undefined
  #trips = 0
  #session: Session | undefined
  #run: HostRun | undefined
  #interrupted = false
  readonly #journal: Journal | undefined
  /** The roles do not fit together: the run as a whole is refused. */
  fatal: RoleError | undefined

  constructor(target: Target, options: TurnOptions) {
    this.#target = target
    this.#options = options
    if (options.info && !options.dryRun) this.#journal = new Journal(options.info, target.name)
  }

  /** Connects and reads; afterwards the roles can have their turn. @throws when that failed */
  async start(): Promise<void> {
    this.#started = performance.now()
    await this.#guarded(async () => {
      const { name, site, assignments } = this.#target
      this.#session = await this.#target.open()
      const journal = this.#journal && { journal: this.#journal }
      const job = { name, site, assignments, session: this.#session, ...this.#options, ...journal, emit: this.#emit }
      const run = this.#options.dryRun ? new DryRun(job) : new Apply(job)
      await run.start()
      this.#run = run
    })
    if (this.failed) throw new Error('not connected')
  }

  /**
   * @returns whether the role was carried out: after a failure nothing is begun
   * @throws when it failed
   */
  async role(name: string): Promise<boolean> {
    const bad = this.failed
    await this.#guarded(async () => await this.#run?.role(name))
    if (this.failed && !bad) throw new Error(`${name} failed`)
    return this.#run !== undefined && !bad
  }

  /** The host is left alone. */
  skip(message: string, exitCode: number): void {
    this.#emit({ event: 'host', host: this.#target.name, status: 'skipped', exitCode, message })
  }

  /** Ends the connection; the last words of the journal go with it. What was known of the host is forgotten. */
  async end(): Promise<void> {
    const { changed, failed, ms, error } = this.summary
    const told = { outcome: this.#outcome, changed, failed, ms, ...(error !== undefined && { message: error }) }
    try {
      await this.#session?.close(this.#journal?.end(told))
    } finally {
      this.#ended = performance.now()
      this.#trips = this.#session?.trips ?? 0
      this.#session = undefined
      this.#run = undefined
    }
  }

  get #outcome(): EndLine['outcome'] {
    return OUTCOMES.get(this.exitCode) ?? 'failed'
  }

  get summary(): HostSummary {
    const ms = this.#started === undefined ? 0 : (this.#ended ?? performance.now()) - this.#started
    return this.#tally.summary(this.#session?.trips ?? this.#trips, Math.round(ms))
  }

  get exitCode(): number {
    return this.#interrupted ? 130 : this.#tally.exitCode
  }

  /** Whether it has not come to a good end. */
  get failed(): boolean {
    return ![0, 2].includes(this.exitCode)
  }

  readonly #emit = (event: Event): void => {
    this.#tally.count(event)
    this.#journal?.hear(event)
    this.#options.emit(event)
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#run = undefined
      if (error instanceof RoleError) {
        this.fatal = error
        this.#tally.break(message(error), 64)
        return
      }
      if (error instanceof InterruptedError) this.#interrupted = true
      if (error instanceof LockedError) {
        this.#emit({ event: 'host', host: this.#target.name, status: 'locked', exitCode: 4, message: message(error) })
        return
      }
      const unreachable = error instanceof UnreachableError || error instanceof LostError
      const end = unreachable
        ? ({ status: 'unreachable', exitCode: 3 } as const)
        : error instanceof StaleError && ({ status: 'stale', exitCode: 5 } as const)
      const { name } = this.#target
      if (end) this.#emit({ event: 'host', host: name, ...end, message: message(error) })
      else this.#emit({ event: 'warning', host: name, role: '', message: message(error) })
      if (!end && !this.#interrupted) this.#tally.break(message(error))
    }
  }
}

/** How a run has ended on a host, by its exit code. */
const OUTCOMES = new Map<number, EndLine['outcome']>([
  [0, 'applied'],
  [3, 'unreachable'],
  [4, 'locked'],
  [5, 'stale'],
  [130, 'interrupted'],
])
