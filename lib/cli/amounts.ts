import { InvalidArgumentError } from 'commander'
import type { Amount } from '../runner/rollout.ts'
import type { Shard } from './shard.ts'

const NUMBER = /^(?<count>0|[1-9]\d{0,3})(?<percent>%?)$/

/** `3` or `10%`. */
const amount = (typed: string, least: number): Amount => {
  const { count, percent } = NUMBER.exec(typed)?.groups ?? {}
  const read = { count: Number(count), percent: percent === '%' }
  if (count === undefined || read.count < least || (read.percent && read.count > 100))
    throw new InvalidArgumentError(
      `It takes a whole number from ${least}, or a share of the hosts as ${least}% to 100%.`,
    )
  return read
}

/** How many hosts make a batch. */
export const serial = (typed: string): Amount => amount(typed, 1)

/** How many hosts may fail. */
export const maxFail = (typed: string): Amount => amount(typed, 0)

/** `2/5`. */
export const shard = (typed: string): Shard => {
  const [, index, count] = /^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(typed) ?? []
  if (index === undefined || Number(index) > Number(count))
    throw new InvalidArgumentError('It takes a part of how many, from 1/1: 2/5 is the second of five.')
  return { index: Number(index), count: Number(count) }
}
