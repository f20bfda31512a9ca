import type { Found, Probe, Sh, State } from '../lib/index.ts'
import { Facts, question } from '../lib/runner/facts.ts'

/** For a family whose answers rest on nothing else. */
export const nothing: Found = (probe) => {
  throw new Error(`${probe.id} was not asked for`)
}

/** What was found of other probes, by their ids. */
export const foundOf =
  (states: ReadonlyMap<string, State | Error>): Found =>
  (probe) => {
    const state = states.get(probe.id)
    if (state === undefined) return nothing(probe)
    if (state instanceof Error) throw state
    return state as never
  }

/** Asks for probes, and for what they rest on, as the engine does. */
export const asked = (
  probes: readonly Probe[],
  bash: (command: Sh) => { readonly code: number | null; readonly stdout: string; readonly stderr: string },
): (State | Error)[] => {
  const { commands, answer } = question(probes)
  const facts = new Facts()
  const outputs = commands.map((command) => {
    const { code, stdout, stderr } = bash(command)
    return { code, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr), truncated: false, timedOut: false }
  })
  answer(outputs, facts)
  return probes.map((probe) => {
    const reading = facts.get(probe)
    if (reading !== undefined && 'state' in reading) return reading.state
    return new Error(reading !== undefined && 'error' in reading ? reading.error : `no answer about ${probe.id}`)
  })
}
