import { readFileSync } from 'node:fs'

/** Put here by the build. */
declare const TRUEUP_VERSION: string | undefined

/** The version of this program, from its package. */
export const version = (): string => {
  if (typeof TRUEUP_VERSION === 'string') return TRUEUP_VERSION
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? 'unknown'
}
