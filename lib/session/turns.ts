/**
 * The order of what is asked over one connection. What goes together overlaps, as the shell answers in order anyway; what
 * goes alone, because a part of it goes beside the shell, waits for all before it and lets nothing by.
 */
export class Turns {
  /** Over when the last work alone is. */
  #alone: Promise<unknown> = Promise.resolve()
  readonly #underWay = new Set<Promise<unknown>>()

  together<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#alone.then(work)
    void this.#track(turn)
    return turn
  }

  alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = Promise.all(this.#underWay).then(work)
    this.#alone = this.#track(turn)
    return turn
  }

  /** @returns resolves when it is over, however it ends */
  #track(turn: Promise<unknown>): Promise<unknown> {
    const over: Promise<unknown> = turn.catch(() => {}).then(() => this.#underWay.delete(over))
    this.#underWay.add(over)
    return over
  }
}
