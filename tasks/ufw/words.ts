import type { Change, Value } from '../../lib/index.ts'
import { ANYWHERE } from './address.ts'

/** A stored rule, taken apart: everything but where it comes from and its family, and where it comes from. */
interface Spoken {
  readonly rule: string
  readonly comment: string
  readonly from: string | undefined
}

const isAnywhere = (text: string | undefined) => text === ANYWHERE[4] || text === ANYWHERE[6]

const RULE =
  /^(route )?(.+?) from (\S+)(?: app (\S+))?(?: port (\S+))? to (\S+)(?: app (\S+))?(?: port (\S+))?(?: proto (\S+))?$/

const spoken = (key: string, value: string): Spoken => {
  const [action = '', comment = ''] = value.split(' # ')
  const [, route = '', ways = '', from, clientApp, clientPort, to, app, port, proto] = RULE.exec(key) ?? []
  if (from === undefined) return { rule: `${action} ${key}`, comment, from: undefined }
  const ports = port === undefined ? proto : proto === undefined ? port : `${port}/${proto}`
  const clients = clientApp ?? (clientPort === undefined ? undefined : `client port ${clientPort}`)
  const words = [
    `${route}${action}`,
    ways === 'in' ? undefined : ways,
    app?.replaceAll('%20', ' ') ?? ports,
    isAnywhere(to) ? undefined : `to ${to}`,
    clients,
  ]
  const rule = words.filter((word) => word !== undefined).join(' ')
  return { rule, comment, from: isAnywhere(from) ? undefined : from }
}

const SHOWN = 3

const sources = (list: readonly string[]): string => {
  const shown = list.length > SHOWN + 1 ? list.slice(0, SHOWN) : list
  const more = list.length - shown.length
  return list.length === 0 ? '' : ` from ${shown.join(', ')}${more === 0 ? '' : ` and ${more} more ranges`}`
}

/** Stored rules as people read them: one line for what differs in family and source only. */
export const inWords = (rules: readonly (readonly [key: string, value: Value])[]): readonly string[] => {
  const groups = new Map<string, { readonly one: Spoken; readonly from: string[] }>()
  for (const [key, value] of rules) {
    const one = spoken(key, String(value))
    const id = JSON.stringify([one.rule, one.comment, one.from === undefined])
    const group = groups.get(id) ?? { one, from: [] }
    if (one.from !== undefined && !group.from.includes(one.from)) group.from.push(one.from)
    groups.set(id, group)
  }
  return [...groups.values()].map(
    ({ one, from }) => `${one.rule}${sources(from)}${one.comment === '' ? '' : ` (${one.comment})`}`,
  )
}

/** Changes of stored rules in words: `+ allow 22/tcp (ssh)`. */
export const changesInWords = (changes: readonly Change[]): readonly string[] => [
  ...inWords(changes.flatMap(({ key, from }) => (from === null ? [] : [[key, from] as const]))).map(
    (one) => `- ${one}`,
  ),
  ...inWords(changes.flatMap(({ key, to }) => (to === null ? [] : [[key, to] as const]))).map((one) => `+ ${one}`),
]

const NAMES: Readonly<Record<string, string>> = {
  enabled: 'the firewall',
  kernel: 'rules in the kernel',
  block: 'rules for published ports',
}

const show = (key: string, value: Value): string => {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (key === 'kernel' && value === 'off') return 'none'
  if (key === 'block') return value === null ? 'none' : 'stored'
  return String(value ?? 'absent')
}

/** Changes of ufw's settings in words: `the firewall: off → on`. */
export const settingsInWords = (changes: readonly Change[]): readonly string[] =>
  changes.map(({ key, from, to }) =>
    key === 'block' && from !== null && to !== null
      ? 'rules for published ports: others → ours'
      : `${NAMES[key] ?? key}: ${show(key, from)} → ${show(key, to)}`,
  )
