import { expect } from 'vitest'
import { diffManifest, type Manifest, manifest, ssh } from '../sandbox/index.ts'
import { type Told, trueup } from './trueup.ts'

const pairs = (told: Told, ...statuses: string[]): string[] => [
  ...told.tasks.filter(({ status }) => statuses.includes(status)).map(({ role, task }) => `${role}: ${task}`),
  ...told.handlers.filter(({ status }) => statuses.includes(status)).map(({ role, task }) => `${role}! ${task}`),
]

/** Everything that went wrong, for the message of a failed expectation. */
export const troubles = (told: Told): string =>
  [...told.tasks, ...told.handlers]
    .filter(({ status }) => status === 'failed')
    .map(({ role, task, message }) => `${role}: ${task}: ${message}`)
    .concat(told.stderr)
    .join('\n')

/**
 * The contract of every role: a dry run foretells what the run then does and changes nothing itself; the second run
 * changes nothing and costs one round trip.
 */
export const holdsTo = async (
  host: string,
  roles: readonly string[],
): Promise<{ dry: Told; first: Told; second: Told }> => {
  const before = await manifest(host)
  const dry = await trueup(host, roles, '--dry-run')
  expect(diffManifest(before, await manifest(host)), 'a dry run changes nothing').toEqual([])
  const first = await trueup(host, roles)
  expect(first.code, troubles(first)).toBe(0)

  const [would, unknown, changed] = [pairs(dry, 'would-change'), pairs(dry, 'unknown'), pairs(first, 'changed')]
  expect(
    would.filter((pair) => !changed.includes(pair)),
    'foretold and not done',
  ).toEqual([])
  expect(
    changed.filter((pair) => ![...would, ...unknown].includes(pair)),
    'done and not foretold',
  ).toEqual([])
  expect(unknown.length, `unknown: ${unknown.join(', ')}`).toBeLessThanOrEqual(Math.floor(dry.tasks.length * 0.02))
  for (const { status, message } of dry.tasks) if (status === 'unknown') expect(message).toMatch(/only after “.+”/)
  expect(dry.code).toBe(would.length + unknown.length > 0 ? 2 : 0)

  const second = await trueup(host, roles)
  expect(pairs(second, 'changed', 'failed'), troubles(second)).toEqual([])
  expect({ code: second.code, trips: second.trips }).toEqual({ code: 0, trips: 1 })
  return { dry, first, second }
}

/** Something done to a host behind the provisioner's back, and what it takes to mend it. */
export interface Mischief {
  readonly name: string
  readonly role: string
  /** Run on the host as root. */
  readonly command: string
  /** The title of the one task that mends it. */
  readonly task: string
  readonly handlers?: readonly string[]
  /** What mending it takes, where it is more than one trip. */
  readonly trips?: number
  /** What else may look different afterwards, such as the start time of a unit that was stopped. */
  readonly moved?: RegExp
}

/** What hosts were like when a drift had been mended: the next one starts from there. */
const mended = new Map<string, Manifest>()

/** One drift: exactly its task changes, in one trip more (and one for each handler), and nothing else on the disk moves. */
export const mends = async (
  host: string,
  { role, command, task, handlers = [], trips = 1, moved }: Mischief,
): Promise<void> => {
  const before = mended.get(host) ?? (await manifest(host))
  mended.delete(host)
  const broken = await ssh(host, command)
  expect(broken.code, broken.stderr).toBe(0)
  const told = await trueup(host, [role])
  expect(pairs(told, 'changed'), troubles(told)).toEqual([
    `${role}: ${task}`,
    ...handlers.map((title) => `${role}! ${title}`),
  ])
  expect({ code: told.code, trips: told.trips }).toEqual({ code: 0, trips: 1 + trips + handlers.length })
  const after = await manifest(host)
  const more = diffManifest(before, after).filter((line) => !(moved?.test(String(line)) ?? false))
  expect(more, 'what else moved').toEqual([])
  mended.set(host, after)
}
