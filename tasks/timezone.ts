import { type Handler, probe, sh, type State, type Task, task } from '../lib/index.ts'

/** Where /etc/localtime points, and what /etc/timezone says where there is one (Debian 13 has none any more). */
export interface TimezoneState extends State {
  zone: string | null
  /** `false` where /etc/timezone names another zone. */
  consistent: boolean
}

export const timezoneState = probe<TimezoneState>({
  id: 'timezone',
  read: sh`{ [ ! -L /etc/localtime ] || readlink -- /etc/localtime; } && printf '\0' && { [ ! -e /etc/timezone ] || cat /etc/timezone; }`,
  parse: (stdout) => {
    const [target = '', file = ''] = stdout.split('\0')
    const zone = /^(?:\.\.)?\/usr\/share\/zoneinfo\/(.+)$/.exec(target.trim())?.[1] ?? null
    return { zone, consistent: file.trim() === '' || file.trim() === zone }
  },
})

/**
 * The host's time zone. Daemons that are running keep the old one until they are restarted: `notifies` cron where its
 * hours matter.
 *
 * @param zone - a name in tzdata, such as `Europe/Warsaw`
 * @throws TypeError on what is no such name
 */
export const timezone = (zone: string, options: { readonly notifies?: Handler | readonly Handler[] } = {}): Task => {
  if (!/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/.test(zone))
    throw new TypeError(`not a time zone: ${JSON.stringify(zone)}`)
  const data = `/usr/share/zoneinfo/${zone}`
  return task({
    title: 'timezone',
    owns: [{ path: '/etc/localtime' }, { path: '/etc/timezone' }],
    want: timezoneState.is({ zone, consistent: true }),
    apply: () => sh`{ [ -f ${data} ] || { echo ${`${data} is not there: no such zone, or no tzdata`} >&2; false; }; } &&
tu_link /etc/localtime ${data} &&
{ [ ! -e /etc/timezone ] || printf '%s\n' ${zone} | tu_put /etc/timezone 0644 root root; }`,
    ...(options.notifies !== undefined && { notifies: options.notifies }),
  })
}
