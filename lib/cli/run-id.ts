import { randomBytes } from 'node:crypto'

/** Names a run; later ones sort after earlier ones: `20261124T073000Z-ab12`. */
export const runId = (now: Date): string => {
  const time = now.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')
  return `${time}-${randomBytes(2).toString('hex')}`
}
