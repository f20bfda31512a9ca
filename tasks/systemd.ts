import { type Handler, family, handler, sh, type State, type Task, task } from '../lib/index.ts'
import { effects, type PathOptions } from './file.ts'

/** What systemd says of a unit. A unit that is not installed is neither active nor enabled. */
export interface UnitState extends State {
  active: boolean
  enabled: boolean
  masked: boolean
  /** Files changed on disk since systemd read them. */
  stale: boolean
}

const ENABLED = new Set(['enabled', 'static', 'alias', 'indirect', 'generated'])

/** A unit's state, all units of a run by one `systemctl show` (systemctl(1): one block each, in the order asked for). */
export const unit = family<UnitState>({
  name: 'unit',
  needs: ['systemctl'],
  read: (keys) => sh`systemctl show -p LoadState,ActiveState,UnitFileState,NeedDaemonReload -- ${keys}`,
  parse: (stdout, keys) => {
    const blocks = stdout.trim() === '' ? [] : stdout.trim().split('\n\n')
    if (blocks.length !== keys.length)
      throw new Error(`systemctl show answered for ${blocks.length} of ${keys.length} units`)
    return new Map(keys.map((key, index) => [key, parseBlock(blocks[index] ?? '')]))
  },
})

const parseBlock = (block: string): UnitState => {
  const is = Object.fromEntries(block.split('\n').map((line) => line.split('=', 2) as [string, string]))
  return {
    active: is['ActiveState'] === 'active' || is['ActiveState'] === 'reloading',
    enabled: ENABLED.has(is['UnitFileState'] ?? ''),
    masked: is['LoadState'] === 'masked',
    stale: is['NeedDaemonReload'] === 'yes',
  }
}

/** A unit that is started now and at every boot, unmasked first where somebody masked it. */
export const running = (name: string, options: Omit<PathOptions, 'path'> = {}): Task =>
  task({
    title: options.title ?? `unit ${name} running`,
    want: unit(name).is({ active: true, enabled: true, masked: false }),
    apply: ({ now }) =>
      now.masked
        ? sh`systemctl unmask -- ${name} && systemctl enable --now -- ${name}`
        : sh`systemctl enable --now -- ${name}`,
    ...effects({ path: '', ...options }),
  })

/** Reads a unit's configuration anew, at the end of the role. */
export const reload = (name: string): Handler =>
  handler({
    id: `reload:${name}`,
    title: `reload ${name}`,
    run: sh`systemctl reload-or-restart -- ${name}`,
    want: unit(name).is({ active: true }),
  })

/** Restarts a unit at the end of the role. */
export const restart = (name: string): Handler =>
  handler({
    id: `restart:${name}`,
    title: `restart ${name}`,
    run: sh`systemctl restart -- ${name}`,
    want: unit(name).is({ active: true }),
  })
