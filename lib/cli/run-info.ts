import type { RunInfo } from '../runner/journal/journal.ts'
import { whoami } from '../session/whoami.ts'
import { version } from './version.ts'

/** What the journals of the hosts say of a run that begins now. */
export const runInfo = (id: string, roles: readonly string[]): RunInfo => ({
  id,
  when: new Date().toISOString(),
  who: whoami(),
  version: version(),
  roles: [...roles],
})
