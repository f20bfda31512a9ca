import type { Emit } from '../events.ts'
import { jsonReporter } from '../report/json.ts'
import { plainReporter } from '../report/plain.ts'
import { coloured } from '../report/style.ts'
import type { FleetOptions } from '../runner/fleet.ts'
import { note } from './note.ts'
import type { Options } from './options.ts'

/** What a run is shown through. */
export interface Reporter extends Pick<FleetOptions, 'renderer' | 'watcher'> {
  readonly emit: Emit
  /** Says something that is no event. */
  readonly note: (text: string) => void
}

/** Events for programs; a tree for whoever watches on a terminal; else, and with -v, plain lines. */
export const chooseReporter = async (
  { json, verbose }: Options,
  hosts: number,
  again: (host: string, role: string) => string,
): Promise<Reporter> => {
  const { stdout } = process
  const write = (text: string) => void stdout.write(text)
  if (json) return { renderer: 'silent', emit: jsonReporter(write), note }
  const options = { write, colour: coloured(process.env, stdout.isTTY), verbose, again }
  // A terminal that does not know its width (docker exec -t, some build servers) cannot be drawn on.
  if (!stdout.isTTY || !stdout.columns || verbose) return { renderer: 'silent', emit: plainReporter(options), note }
  const { Tree } = await import('../report/tree.ts')
  const tree = new Tree(options, hosts, stdout.rows)
  return { renderer: 'default', emit: tree.emit, note: tree.note, watcher: tree }
}
