/** A part of the hosts: the `index`th of `count`, from 1. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/**
 * A shard's names: dealt out in turn, so that the parts differ by at most one, and a host that is added at the end moves
 * no other.
 */
export const shardOf = (names: readonly string[], { index, count }: Shard): string[] =>
  names.filter((_, at) => at % count === index - 1)

/** As it is typed: `2/5`. */
export const shardName = ({ index, count }: Shard): string => `${index}/${count}`
