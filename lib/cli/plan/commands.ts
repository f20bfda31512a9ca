import { marker } from '../../runner/plan/mark.ts'
import { StaleError } from '../../runner/plan/compare.ts'
import type { Planned } from '../../runner/plan/planned.ts'
import { selection } from '../hosts.ts'
import type { Program } from '../main.ts'
import { note } from '../note.ts'
import type { Options } from '../options.ts'
import { runId } from '../run-id.ts'
import { shardOf } from '../shard.ts'
import { UsageError } from '../usage.ts'
import { version } from '../version.ts'
import { type Work, workOn } from '../work.ts'
import { type InventoryMarks, type Plan, readPlan, writePlan } from './file.ts'
import { planKey } from './key.ts'
import { inventoryMarks, movedParts } from './marks.ts'

/** A dry run that is saved, so that exactly it can be applied later. One that has failed is not. */
export const savePlan = async (file: string, work: Work, options: Options, program: Program): Promise<number> => {
  const key = planKey()
  const mark = marker(key)
  const steps = new Map<string, Planned[]>(work.names.map((name) => [name, []]))
  const inventories = new Map<string, InventoryMarks>()
  const exitCode = await workOn(
    {
      ...work,
      keeping: { mark, record: (host, step) => steps.get(host)?.push(step) },
      before: (host, assignments) => void inventories.set(host.name, inventoryMarks(host, assignments, mark)),
    },
    options,
    program,
  )
  if (exitCode !== 0 && exitCode !== 2) {
    note(`no plan was saved in ${file}, since the dry run did not come to its end`)
    return exitCode
  }
  const hosts = [...inventories].map(([name, inventory]) => [name, { inventory, steps: steps.get(name) ?? [] }])
  const plan: Plan = {
    id: work.id,
    version: version(),
    made: new Date().toISOString(),
    inventory: work.inventory.file,
    roles: work.roles.map(({ name }) => name),
    hosts: Object.fromEntries(hosts),
  }
  writePlan(file, plan, key)
  note(`the plan is saved; apply it with --plan ${file}`)
  return exitCode
}

/** Applies a saved plan: exactly it, or nothing on a host where something has moved since. */
export const applyPlan = async (file: string, options: Options, program: Program): Promise<number> => {
  const key = planKey()
  const mark = marker(key)
  const plan = readPlan(file, key)
  if (!options.allowUnknown) refuseUnknown(file, plan)
  const planned = Object.keys(plan.hosts)
  const { inventory } = selection(options.inventory ?? plan.inventory)
  const roles = program.roles.filter(({ name }) => plan.roles.includes(name))
  const gone = plan.roles.filter((name) => !roles.some((role) => role.name === name))
  return await workOn(
    {
      id: runId(new Date()),
      plan: plan.id,
      inventory,
      names: options.shard === undefined ? planned : shardOf(planned, options.shard),
      roles,
      keeping: { mark, saved: new Map(Object.entries(plan.hosts).map(([name, { steps }]) => [name, steps])) },
      before: (host, assignments) => {
        const saved = plan.hosts[host.name]
        const parts = saved === undefined ? [] : movedParts(saved.inventory, inventoryMarks(host, assignments, mark))
        if (plan.version !== version()) throw stale(`it was made by trueup ${plan.version}, and this is ${version()}`)
        if (gone.length > 0) throw stale(`there is no role ${gone.join(', ')} any more`)
        if (parts.length > 0) throw stale(`the inventory says something else of ${host.name} now: ${parts.join(', ')}`)
      },
    },
    options,
    program,
  )
}

const stale = (why: string): StaleError =>
  new StaleError(`the plan is stale, and nothing was changed: ${why}; make a new one with --dry-run --out FILE`)

/** @throws UsageError */
const refuseUnknown = (file: string, { hosts }: Plan): void => {
  const unknown = Object.entries(hosts).flatMap(([host, { steps }]) =>
    steps.flatMap(({ role, task, status }) => (status === 'unknown' ? [`${host} ${role} “${task}”`] : [])),
  )
  if (unknown.length === 0) return
  const named =
    unknown.length > 3 ? `${unknown.slice(0, 3).join(', ')} and ${unknown.length - 3} more` : unknown.join(', ')
  throw new UsageError(`${file}: what ${named} will do is not known; --allow-unknown applies it all the same`)
}
