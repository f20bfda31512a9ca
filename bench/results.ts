/** What was measured once: one tool at one kind of work. */
export interface Result {
  readonly work: string
  /** Milliseconds added to each round trip. */
  readonly rtt: number
  readonly hosts: number
  /** Files beyond those of the server itself. */
  readonly more?: number
  readonly tool: string
  /** Milliseconds of each run, in order. */
  readonly times: readonly number[]
  /** Round trips of a run, where the tool counts them. */
  readonly trips?: number
  /** What has to be known to read the figure. */
  readonly note?: string
}

/** All of one session. */
export interface Session {
  readonly when: string
  readonly machine: string
  /** What took part, with versions; or why it did not. */
  readonly tools: Readonly<Record<string, string>>
  readonly results: readonly Result[]
}

/** Results of the same work, in the order in which they were measured. */
export const grouped = (results: readonly Result[]): readonly (readonly Result[])[] => {
  const groups = new Map<string, Result[]>()
  for (const result of results) {
    const key = title(result)
    groups.set(key, [...(groups.get(key) ?? []), result])
  }
  return [...groups.values()]
}

/** `converged, 200 ms added`. */
export const title = ({ work, rtt, hosts, more = 0 }: Result): string =>
  [
    work,
    ...(hosts > 1 ? [`${hosts} hosts`] : []),
    ...(more > 0 ? [`${more} more files`] : []),
    ...(rtt > 0 ? [`+${rtt} ms`] : []),
  ].join(', ')

/** `0.44 s`, `12.3 s`: three digits say what there is to say. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
