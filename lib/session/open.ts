import type { Host } from '../../inventory/host.ts'
import type { Secret } from '../language/secret.ts'
import type { Sh } from '../language/sh.ts'
import { startLocal } from './local.ts'
import { ShellSession } from './remote.ts'
import type { Session } from './session.ts'

export interface OpenOptions {
  /** For `become`, where sudo asks for one. */
  readonly becomePassword?: Secret | undefined
  /** Shell functions that every command can call. */
  readonly prelude?: Sh | string
  /** Told what a person should know and no run fails for. */
  readonly onWarning?: (message: string) => void
}

/** The session of a host; it connects with its hello(). */
export const openSession = async (host: Host, options: OpenOptions = {}): Promise<Session> => {
  const { prelude = '' } = options
  return new ShellSession(host.name, async () => startLocal(), { prelude })
}
