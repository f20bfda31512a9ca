/** The middle one, or between the two in the middle. @throws RangeError of nothing */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  if (low === undefined || high === undefined) throw new RangeError('nothing has no median')
  return (low + high) / 2
}

/** How much several measurements of one thing differ: half of them lie between these. */
export const quartiles = (values: readonly number[]): readonly [number, number] => {
  const sorted = values.toSorted((one, other) => one - other)
  const half = Math.max(1, sorted.length >> 1)
  return [median(sorted.slice(0, half)), median(sorted.slice(-half))]
}
