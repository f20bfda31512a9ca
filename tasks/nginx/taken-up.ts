import { blob, type Declared, type Handler, handler, sh, type Task, task } from '../../lib/index.ts'
import { path } from '../path.ts'
import { unit } from '../systemd.ts'

/** What nginx was told to do before this run's first change, until the changes have proven themselves. */
const BEFORE = '/run/trueup-nginx'

const keep = sh`{ [ -d ${BEFORE} ] || { rm -rf ${BEFORE}.new && cp -a /etc/nginx ${BEFORE}.new && mv -T ${BEFORE}.new ${BEFORE}; }; }`

/** The same task, whose change can be taken back: {@link takeUp} puts back what was there before if it has to. */
export const undoable = (change: Task): Declared => {
  if (change.kind !== 'task') throw new TypeError('only a command can be preceded by another')
  const forget = sh`{ ! diff -rq --no-dereference ${BEFORE} /etc/nginx >/dev/null || rm -rf ${BEFORE}; false; }`
  return task({ ...change, apply: (drift) => sh`${keep} && { ${change.apply(drift)} || ${forget}; }` })
}

/** What a site must do to have proven its configuration. */
export interface Proof {
  /** It shakes hands by this name … */
  readonly name: string
  /** … with this certificate. */
  readonly cert: string
  /** files/nginx-reload.sh. */
  readonly script: Buffer
}

/**
 * Has nginx take up its configuration, at the end of the role, and sees to it that the site still answers: by a handshake
 * with its certificate, a redirect from port 80, and no 5xx where there was none before. Otherwise what
 * {@link undoable} tasks have changed is put back, and the run fails.
 */
export const takeUp = ({ name, cert, script }: Proof): Handler =>
  handler({
    id: 'reload:nginx',
    title: 'reload nginx',
    run: sh`bash -s -- ${BEFORE} ${name} ${cert} ${blob(script)}`,
    want: unit('nginx').is({ active: true }),
  })

/** A run that was cut off between a change and the reload has left its traces; nginx has yet to be told. */
export const nothingLeft = (notifies: Handler): Task =>
  task({
    title: 'nginx has taken up its configuration',
    want: path(BEFORE).is({ type: null }),
    apply: () => sh`rm -rf -- ${BEFORE}`,
    notifies,
  })
