import { family, type Handler, handler, sh, type Sh, type State, type Task, task } from '../lib/index.ts'
import { effects, type PathOptions } from './file.ts'

/** What systemd says of a unit. A unit that is not installed is neither active nor enabled. */
export interface UnitState extends State {
  /** `true` is up, `false` is down or failed; a service that keeps dying is `activating` over and over: neither. */
  active: boolean | 'activating' | 'deactivating'
  /** There is nothing to enable: it comes up at boot, or is `static` or generated. Not what lasts until the next boot only. */
  enabled: boolean
  /** There is nothing to disable: what is `static` is both, what is not installed is this. */
  disabled: boolean
  masked: boolean
  /** Its files were changed on disk since systemd read them. */
  stale: boolean
}

const ENABLED = new Set(['enabled', 'static', 'alias', 'indirect', 'generated'])

const STARTED_AT_BOOT = new Set(['enabled', 'enabled-runtime', 'alias', 'generated'])

/** What is known of a unit that its package has just installed, enabled and started. */
export const up = { active: true, enabled: true, disabled: false, masked: false, stale: false } as const

const SUFFIX = /\.(service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/

/**
 * A unit's full name; `.service` where there is no suffix, as systemctl(1) has it.
 *
 * @throws TypeError where systemd would refuse it or read it as something else (systemd.unit(5): letters, digits and
 *   `:-_.\@`, at most 255), and for a template without its instance (`foo@.service`), which is no unit
 */
export const unitName = (name: string): string => {
  const full = SUFFIX.test(name) ? name : `${name}.service`
  if (!/^[A-Za-z0-9:_.\\@-]+$/.test(full) || full.length > 255 || full.startsWith('.'))
    throw new TypeError(`not the name of a systemd unit: ${JSON.stringify(name)}`)
  if (full.includes('@.'))
    throw new TypeError(`${name} is a template, not a unit: name its instance, such as ${full.replace('@.', '@one.')}`)
  return full
}

const units = family<UnitState>({
  name: 'unit',
  needs: ['systemctl'],
  read: (keys) => sh`exec systemctl show -p LoadState,ActiveState,UnitFileState,NeedDaemonReload -- ${keys}`,
  parse: (stdout, keys) => {
    const blocks = stdout.trim() === '' ? keys.map(() => '') : stdout.trim().split('\n\n')
    if (blocks.length !== keys.length)
      throw new Error(`systemctl show answered for ${blocks.length} of ${keys.length} units`)
    return new Map(keys.map((key, index) => [key, parseBlock(blocks[index] ?? '')]))
  },
})

const ACTIVE: Readonly<Record<string, UnitState['active']>> = {
  active: true,
  reloading: true,
  refreshing: true,
  activating: 'activating',
  deactivating: 'deactivating',
}

const parseBlock = (block: string): UnitState => {
  const is = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  return {
    active: ACTIVE[is.get('ActiveState') ?? ''] ?? false,
    enabled: ENABLED.has(is.get('UnitFileState') ?? ''),
    disabled: !STARTED_AT_BOOT.has(is.get('UnitFileState') ?? ''),
    masked: is.get('LoadState') === 'masked',
    stale: is.get('NeedDaemonReload') === 'yes',
  }
}

/**
 * A unit's state, all units of a run by one `systemctl show` (systemctl(1): one block each, in the order asked for;
 * an alias answers for the unit that it names).
 *
 * @throws TypeError for a name that cannot be a unit's, see {@link unitName}
 */
export const unit = (name: string) => units(unitName(name))

/** What tasks about a unit can be told besides its name. */
export type UnitOptions = Omit<PathOptions, 'path' | 'validate'>

const options = (given: UnitOptions) => effects({ path: '', ...given })

/** Takes the mask off, be it for good or until the next boot. */
const unmask = (name: string, masked: boolean): Sh =>
  masked ? sh`systemctl -q unmask -- ${unitName(name)} && systemctl -q unmask --runtime -- ${unitName(name)} && ` : sh``

const reread = (stale: boolean): Sh => (stale ? sh`systemctl daemon-reload && ` : sh``)

/** The command, and where it fails the end of what the unit said, which systemctl(1) only points to. */
const telling = (unit: string, command: Sh): Sh =>
  sh`{ ${command} || { code=$?; journalctl -q -n 10 --no-pager -o cat -u ${unit} >&2; (exit "$code"); }; }`

/** A unit that is up now and at every boot, unmasked first where somebody masked it, its files as systemd knows them. */
export const running = (name: string, given: UnitOptions = {}): Task =>
  task({
    title: given.title ?? `unit ${name} running`,
    want: unit(name).is({ active: true, enabled: true, masked: false, stale: false }),
    apply: ({ now }) =>
      now.active === true && now.enabled && !now.masked
        ? sh`systemctl daemon-reload`
        : telling(
            unitName(name),
            sh`${unmask(name, now.masked)}${reread(now.stale)}systemctl -q enable --now -- ${unitName(name)}`,
          ),
    ...options(given),
  })

/** A unit that comes up at every boot; whether it is up now is left alone (ufw.service, which only loads rules at boot). */
export const enabled = (name: string, given: UnitOptions = {}): Task =>
  task({
    title: given.title ?? `unit ${name} enabled`,
    want: unit(name).is({ enabled: true, masked: false }),
    apply: ({ now }) => sh`${unmask(name, now.masked)}systemctl -q enable -- ${unitName(name)}`,
    ...options(given),
  })

/** A unit that is down, and stays down at boot. One that is not installed is both. */
export const stopped = (name: string, given: UnitOptions = {}): Task =>
  task({
    title: given.title ?? `unit ${name} stopped`,
    want: unit(name).is({ active: false, disabled: true }),
    apply: () => sh`systemctl -q disable --now -- ${unitName(name)}`,
    ...options(given),
  })

/** A unit that nothing can start, because its name is a link to /dev/null in /etc/systemd/system. */
export const masked = (name: string, given: UnitOptions = {}): Task =>
  task({
    title: given.title ?? `unit ${name} masked`,
    want: unit(name).is({ active: false, masked: true }),
    apply: () => sh`systemctl -q mask --now -- ${unitName(name)}`,
    ...options(given),
  })

/** Systemd knows the unit's files as they are on disk; for units that no other task keeps running. */
export const known = (name: string, given: UnitOptions = {}): Task =>
  task({
    title: given.title ?? `unit ${name} known`,
    want: unit(name).is({ stale: false }),
    apply: () => sh`systemctl daemon-reload`,
    ...options(given),
  })

/** Reads a unit's configuration anew, at the end of the role; starts it where it is down. */
export const reload = (name: string): Handler =>
  handler({
    id: `reload:${name}`,
    title: `reload ${name}`,
    run: telling(unitName(name), sh`systemctl reload-or-restart -- ${unitName(name)}`),
    want: unit(name).is({ active: true }),
  })

/** Restarts a unit at the end of the role. */
export const restart = (name: string): Handler =>
  handler({
    id: `restart:${name}`,
    title: `restart ${name}`,
    run: telling(unitName(name), sh`systemctl restart -- ${unitName(name)}`),
    want: unit(name).is({ active: true }),
  })

/** Makes systemd read all unit files anew. The tasks of unit-file.ts do so by themselves. */
export const daemonReload: Handler = handler({
  id: 'daemon-reload',
  title: 'systemctl daemon-reload',
  run: sh`systemctl daemon-reload`,
})
