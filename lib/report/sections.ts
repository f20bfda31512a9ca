/** Events of one role on one host; those of a host itself have no role. */
export interface Section<T> {
  readonly host: string
  readonly role: string
  readonly events: readonly T[]
}

/** Sorts events by host and role, in the order in which these first come. */
export const sections = <T extends { readonly host: string; readonly role?: string }>(
  events: readonly T[],
): Section<T>[] => {
  const found = new Map<string, { host: string; role: string; events: T[] }>()
  for (const event of events) {
    const { host, role = '' } = event
    const key = JSON.stringify([host, role])
    const section = found.get(key) ?? { host, role, events: [] }
    section.events.push(event)
    found.set(key, section)
  }
  return [...found.values()]
}
