import { hostname, userInfo } from 'node:os'

/** Who runs this, for whoever finds the host taken, or asks it later: `nika@laptop`. */
export const whoami = (): string => {
  try {
    return `${userInfo().username}@${hostname()}`
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}@${hostname()}`
  }
}
