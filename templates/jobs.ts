import { join, type MaybeSecret, quote, Secret } from '../lib/index.ts'

const HEADER = '# Managed by trueup: changes made here are put back.\n'

const mapped = (value: MaybeSecret, change: (text: string) => string): MaybeSecret =>
  value instanceof Secret ? value.map(change) : change(value)

const oneLine = (what: string, value: string): string => {
  if (/[\0\n\r]/.test(value)) throw new TypeError(`${what} is one line`)
  return value
}

export interface Relay {
  readonly host: string
  readonly port: number
  readonly tls: 'starttls' | 'tls' | 'off'
  readonly user?: string | undefined
  readonly password?: MaybeSecret | undefined
}

export interface Mail {
  readonly to: string
  readonly from: string
  readonly relay: Relay
}

/**
 * /etc/msmtprc (msmtp(1)): one account. An argument in double quotes is taken as it is, quotes inside included; there
 * are no escapes.
 *
 * @throws TypeError for a value that is not one line
 */
export const msmtprc = ({ from, relay: { host, port, tls, user, password } }: Mail): MaybeSecret => {
  const line = (name: string, value: MaybeSecret) => mapped(value, (text) => `${name} "${oneLine(name, text)}"\n`)
  return join([
    `${HEADER}account relay\n`,
    line('host', host),
    `port ${port}\n`,
    line('from', from),
    'timeout 30\n',
    tls === 'off' ? 'tls off\n' : `tls on\ntls_starttls ${tls === 'starttls' ? 'on' : 'off'}\n`,
    ...(user === undefined ? ['auth off\n'] : ['auth on\n', line('user', user), line('password', password ?? '')]),
    'syslog LOG_MAIL\naccount default : relay\n',
  ])
}

export interface Told {
  readonly mail?: Pick<Mail, 'to' | 'from'> | undefined
  readonly webhook?: MaybeSecret | undefined
}

/** What files/job.sh is told: who should know, as shell variables. */
export const jobSettings = ({ mail, webhook = '' }: Told): MaybeSecret => {
  const line = (name: string, value: MaybeSecret) => mapped(value, (text) => `${name}=${quote(oneLine(name, text))}\n`)
  return join([HEADER, line('MAIL_TO', mail?.to ?? ''), line('MAIL_FROM', mail?.from ?? ''), line('WEBHOOK', webhook)])
}
