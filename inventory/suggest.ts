/** How many letters must be typed, dropped, changed or swapped to get from one word to the other. */
const distance = (a: string, b: string): number => {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, change, swap))
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}

/** The known name that a mistyped one was probably meant to be. */
export const nearest = (typed: string, known: readonly string[]): string | undefined => {
  if (typed.length > 60) return undefined
  const bare = (name: string) => name.toLowerCase().replace(/[-_. ]/g, '')
  const ranked = known.map((name) => ({ name, far: distance(bare(typed), bare(name)) })).sort((a, b) => a.far - b.far)
  const best = ranked[0]
  return best !== undefined && best.far <= Math.max(1, Math.floor(typed.length / 3)) ? best.name : undefined
}

/** What is allowed, and what was probably meant: `did you mean "port"? (allowed: address, port, user)`. */
export const hint = (typed: string, known: readonly string[], word = 'allowed'): string => {
  const most = 40
  const rest = known.length > most ? `, and ${known.length - most} more` : ''
  const all = `${word}: ${known.slice(0, most).join(', ') || 'none'}${rest}`
  const close = nearest(typed, known)
  return close === undefined ? all : `did you mean "${close}"? (${all})`
}
