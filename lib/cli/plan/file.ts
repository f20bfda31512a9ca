import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import * as z from 'zod'
import { message } from '../../runner/failure.ts'
import { type Mark, marker } from '../../runner/plan/mark.ts'
import { UsageError } from '../usage.ts'

const FORMAT = 1

const text = z.string().min(1)
const mark = z.string().regex(/^[0-9a-f]{32}$/, 'not a mark')
const value = z.union([z.string(), z.number(), z.boolean(), z.null()])

const Step = z.strictObject({
  role: text,
  task: text,
  status: z.enum(['ok', 'would-change', 'unknown']),
  changes: z.array(
    z.strictObject({ key: z.string(), from: value, to: value, was: mark.nullable(), is: mark.nullable() }),
  ),
  how: mark.exactOptional(),
  waitsFor: z.string().exactOptional(),
})

const HostPlan = z.strictObject({
  /** The marks of what the inventory says of the host: how it is reached, its site, and the variables of each role. */
  inventory: z.strictObject({ host: mark, site: mark, vars: z.record(z.string(), mark) }),
  steps: z.array(Step),
})

const Plan = z.strictObject({
  trueup: z.literal('plan'),
  format: z.literal(FORMAT),
  id: text,
  version: text,
  made: text,
  inventory: text,
  roles: z.array(text).min(1),
  hosts: z.record(z.string(), HostPlan),
  /** The mark of the key, and that of everything else. */
  key: mark,
  seal: mark,
})

/** What the inventory says of a host, as a plan holds it. */
export type InventoryMarks = z.infer<typeof HostPlan>['inventory']

/** A plan as people save it: what a dry run has foretold, and what it was foretold from. */
export type Plan = Omit<z.infer<typeof Plan>, 'trueup' | 'format' | 'key' | 'seal'>

/** Writes a plan: to be read by its owner alone, and there as a whole or not at all. @throws UsageError */
export const writePlan = (file: string, plan: Plan, key: Buffer): void => {
  const whole = { trueup: 'plan', format: FORMAT, ...plan, key: nameOf(marker(key)) }
  const sealed = { ...whole, seal: marker(key)(whole) }
  const path = resolve(file)
  const fresh = join(dirname(path), `.trueup-plan-${randomBytes(6).toString('hex')}`)
  try {
    const descriptor = openSync(fresh, 'wx', 0o600)
    try {
      writeSync(descriptor, `${JSON.stringify(sealed, undefined, 1)}\n`)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(fresh, path)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw new UsageError(`the plan was not saved: ${message(error)}`)
  }
}

/** Reads a plan. @throws UsageError where it is none, was made with another key, or is not as it was made */
export const readPlan = (file: string, key: Buffer): Plan => {
  const raw = json(file, bytes(file))
  const format = z.looseObject({ trueup: z.literal('plan'), format: z.number() }).safeParse(raw)
  if (!format.success) throw new UsageError(`${file}: not a plan of trueup's; --dry-run --out FILE makes one`)
  if (format.data.format !== FORMAT)
    throw new UsageError(
      `${file}: a plan of format ${format.data.format}, and this program reads format ${FORMAT}; make a new one`,
    )
  const parsed = Plan.safeParse(raw)
  if (!parsed.success) throw new UsageError(`${file}: ${told(parsed.error)}`)
  const { seal, ...whole } = parsed.data
  if (whole.key !== nameOf(marker(key)))
    throw new UsageError(
      `${file}: made with another key than this machine's; apply it where it was made, or set the same TRUEUP_PLAN_KEY for both`,
    )
  if (seal !== marker(key)(whole)) throw new UsageError(`${file}: it was edited since it was made; make a new one`)
  const { trueup: _trueup, format: _format, key: _key, ...plan } = whole
  return plan
}

const nameOf = (mark: Mark): string => mark('the name of this key')

const bytes = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${file}: cannot be read: ${message(error)}`)
  }
}

const json = (file: string, content: string): unknown => {
  try {
    return JSON.parse(content)
  } catch (error) {
    const said = message(error)
    const position = Number(/position (\d+)/.exec(said)?.[1] ?? content.length)
    const line = content.slice(0, position).split('\n').length
    throw new UsageError(`${file}:${line}: not JSON: ${said.split('\n')[0]}`)
  }
}

/** The first thing that is wrong, in one line. */
const told = ({ issues: [issue] }: z.ZodError): string => {
  const where = issue?.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('') ?? ''
  return `${where.replace(/^\./, '') || 'the plan'}: ${issue?.message ?? 'not as it should be'}`
}
