import { type Probe, probe, type Secret, sh, type State, stdin, type Task, task } from '../lib/index.ts'

export interface LoginState extends State {
  /** `null` where Grafana does not answer. */
  password: 'accepted' | 'refused' | null
}

/** A text in a configuration of curl(1), -K: double quotes with backslashes. */
const curlQuote = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

/**
 * Whether Grafana takes the administrator's password. It reads the one in its environment at its very first start only
 * (D7), so that the only way to know is to try.
 *
 * @throws TypeError for a password with a line end
 */
export const login = (url: string, password: Secret): Probe<LoginState> => {
  if (/[\r\n\0]/.test(password.reveal())) throw new TypeError(`${password}: a password is one line`)
  return probe({
    id: 'grafana.login',
    needs: ['curl'],
    read: sh`curl -sS -m 20 -o /dev/null -w '%{http_code}' -K - ${`${url}/api/org`} 2>/dev/null ${stdin(password.map((text) => `user = ${curlQuote(`admin:${text}`)}\n`))} || { status=$?; [ "$status" = 7 ] || [ "$status" = 56 ]; }`,
    parse: (stdout) => {
      if (['', '000'].includes(stdout)) return { password: null }
      if (stdout === '200') return { password: 'accepted' }
      if (stdout === '401') return { password: 'refused' }
      throw new Error(`Grafana answered ${stdout} to the administrator`)
    },
  })
}

/** The administrator of a Grafana that is up has this password; others that exist stay (`grafana cli admin`). */
export const adminPassword = (project: string, service: string, url: string, password: Secret): Task => {
  const of = (label: string) => ['--filter', `label=com.docker.compose.${label}`]
  return task({
    title: 'grafana admin password',
    want: login(url, password).is({ password: 'accepted' }),
    apply:
      () => sh`id=$(docker ps -q ${of(`project=${project}`)} ${of(`service=${service}`)}) && [ -n "$id" ] || { echo ${`${service} is not up`} >&2; exit 1; }
docker exec -i "$id" grafana cli admin reset-admin-password --password-from-stdin >&2 ${stdin(password.map((text) => `${text}\n`))}`,
  })
}
