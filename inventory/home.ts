import { homedir } from 'node:os'
import type { Env } from './secrets.ts'

/** A path with `~` spelled out. */
export const expandHome = (path: string, env: Env): string => path.replace(/^~(?=\/|$)/, () => env['HOME'] ?? homedir())
