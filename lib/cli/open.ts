import { join } from 'node:path'
import type { Host } from '../../inventory/host.ts'
import type { Emit } from '../events.ts'
import { mask } from '../language/mask.ts'
import { prelude } from '../language/prelude.ts'
import type { Secret } from '../language/secret.ts'
import type { Claim } from '../session/lock.ts'
import type { Session } from '../session/session.ts'
import { cacheFolder } from './cache.ts'
import type { Options } from './options.ts'
import { askPassword } from './password.ts'
import { remembered } from './remembered.ts'

/** What was typed: a program asks once, however often it goes to its hosts. */
let typed: Promise<Secret> | undefined

/**
 * Makes sessions, with what was asked for beforehand; their warnings are told like any other.
 *
 * @param claim - the lock that each takes or looks at; none unless given
 */
export const opener = async (
  { askBecomePass }: Options,
  emit: Emit,
  claim?: Claim,
): Promise<(host: Host) => Promise<Session>> => {
  const becomePassword = askBecomePass ? await (typed ??= askPassword('sudo password: ')) : undefined
  const folder = cacheFolder(process.env)
  return async (host) => {
    const { openSession } = await import('../session/open.ts')
    const onWarning = (message: string) => emit({ event: 'warning', host: host.name, role: '', message: mask(message) })
    const kept = folder === undefined ? undefined : remembered(join(folder, 'hosts'), host)
    return openSession(host, { becomePassword, prelude, claim, onWarning, remembered: kept })
  }
}
