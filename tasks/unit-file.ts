import { all, sh, type Sh, type Task, task } from '../lib/index.ts'
import { type FileOptions, file } from './file.ts'
import { unit as unitAt, type UnitOptions, unitName } from './systemd.ts'

const DIR = '/etc/systemd/system'

export interface UnitFileOptions extends UnitOptions {
  /** The unit's full name, such as `backup.service`; a template (`backup@.service`) too. */
  readonly name: string
  readonly content: string
}

export interface DropinOptions extends UnitOptions {
  /** The unit that is added to; one that others install. */
  readonly unit: string
  /** The file's name without `.conf`; files are read in the order of their names. */
  readonly name: string
  readonly content: string
}

/**
 * A unit file whose task also makes systemd read it, which is foretold of the unit: a run that is cut off in between is
 * mended by `running` or `known`.
 *
 * @param unit - whose file it is; none for a template
 */
const read = (options: FileOptions, unit: string | undefined, before: readonly Sh[] = []): Task => {
  const known = unit === undefined ? [] : [unitAt(unit).is({ stale: false })]
  const written = file({ ...options, mode: '0644', provides: [...(options.provides ?? []), ...known] })
  const dir = options.path.slice(0, options.path.lastIndexOf('/'))
  const folder = dir === DIR ? [] : [sh`mkdir -p -m 0755 -- ${dir}`]
  return task({
    ...written,
    apply: (drift) => all(...before, ...folder, written.apply(drift), sh`systemctl daemon-reload`),
  })
}

/**
 * A unit of our own in /etc/systemd/system, known to systemd at once. What it says is up to systemd: a unit that it
 * cannot load fails when it is started.
 *
 * @param checks - must succeed on the host before the file is written
 * @throws TypeError for a name that is no unit's
 */
export const unitFile = ({ name, content, ...options }: UnitFileOptions, checks: readonly Sh[] = []): Task => {
  const full = unitName(name.replace('@.', '@i.')) && name
  const one = full.includes('@.') ? undefined : full
  return read({ ...options, path: `${DIR}/${full}`, content, title: options.title ?? `unit file ${full}` }, one, checks)
}

/**
 * A file in /etc/systemd/system/UNIT.d that adds to a unit of others (systemd.unit(5)), known to systemd at once.
 * A unit that is up goes on as it was until it is restarted: name `restart(unit)` in `notifies`.
 *
 * @throws TypeError for a unit or a name that cannot be
 */
export const dropin = ({ unit, name, content, ...options }: DropinOptions): Task => {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))
    throw new TypeError(`a drop-in is named by letters, digits and “_.-”, not ${JSON.stringify(name)}`)
  const path = `${DIR}/${unitName(unit)}.d/${name}.conf`
  return read({ ...options, path, content, title: options.title ?? `drop-in ${unit} ${name}` }, unit)
}
