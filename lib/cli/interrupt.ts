import { exitNow } from './exit-now.ts'

/** Milliseconds in which a second signal is the first one again: npx and tsx pass on what the terminal has sent already. */
const ECHO = 300

/** Ends the run in progress, if there is one: after the task in hand. */
class Interrupts {
  #controller: AbortController | undefined

  /** Asks the run in progress to end. @returns whether there is one */
  begin(): boolean {
    this.#controller?.abort()
    return this.#controller !== undefined
  }

  /**
   * From here on the first Ctrl-C asks the run to end, and a second one ends it at once.
   *
   * @param onFirst - says so to whoever pressed it
   */
  watch(onFirst: (text: string) => void): AbortSignal {
    const controller = new AbortController()
    this.#controller = controller
    let first = 0
    const stop = () => {
      if (controller.signal.aborted && performance.now() - first < ECHO) return
      if (controller.signal.aborted) exitNow(130)
      first = performance.now()
      controller.abort()
      onFirst('finishing the task in hand; Ctrl-C again ends at once')
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
    return controller.signal
  }
}

/** There is one process, and it has one run. */
export const interrupts = new Interrupts()
