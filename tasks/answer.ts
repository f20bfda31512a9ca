import { family, sh, type State } from '../lib/index.ts'

/** What a web server on the host answered; `error` where nothing came back. */
export interface AnswerState extends State {
  code: number | null
  /** Where it sends the visitor. */
  location: string | null
  body: string | null
  error: string | null
}

const NOTHING: AnswerState = { code: null, location: null, body: null, error: null }

/** One answer for each key, ended by a NUL. */
const each = <S>(stdout: string, keys: readonly string[], one: (said: string) => S): Map<string, S | Error> => {
  const fields = stdout.split('\0')
  return new Map(
    keys.map((key, index) => {
      const said = fields[index]
      if (stdout === '') return [key, new Error('curl is not installed; run --role base-ubuntu')]
      return [key, said === undefined ? new Error('the answer is missing') : one(said)]
    }),
  )
}

/**
 * What URLs are answered by this host itself, whatever their names mean elsewhere: nothing leaves it. Certificates are
 * not judged. curl(1), `--connect-to` and `--write-out`.
 */
export const answer = family<AnswerState>({
  name: 'answer',
  needs: ['curl'],
  read: (urls) => sh`for url in ${urls}; do
  said=$(curl -sk --noproxy '*' --connect-to ::127.0.0.1: --max-filesize 4000000 -m 10 -w '\n%{http_code} %{redirect_url}\n%{errormsg}.' -- "$url")
  printf '%s\0' "$said"
done`,
  parse: (stdout, keys) =>
    each(stdout, keys, (said) => {
      const [, body = '', code = '000', location = '', error = ''] =
        /^([^]*)\n(\d{3}) ([^\n]*)\n([^\n]*)\.$/.exec(said) ?? []
      if (code === '000') return { ...NOTHING, error: error || 'no answer' }
      return { code: Number(code), location: location || null, body, error: null }
    }),
})

/** How a handshake for a WebSocket went. */
export interface HandshakeState extends State {
  /** `HTTP/1.1 101 Switching Protocols`. */
  status: string | null
  code: number | null
}

/**
 * What this host answers to the handshake of a WebSocket (RFC 6455), by https URL. curl(1) would wait for more to come:
 * it is ended once it has shown the first line.
 */
export const handshake = family<HandshakeState>({
  name: 'handshake',
  needs: ['curl'],
  read: (urls) => sh`for url in ${urls}; do
  exec {answer}< <(exec curl -skSN --noproxy '*' --http1.1 --connect-to ::127.0.0.1: -m 10 -D - -o /dev/null -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dHJ1ZXVwIHZlcmlmaWVzIQ==' -- "$url" 2>&1)
  said=; read -r -t 12 said <&"$answer" || :
  kill "$!" 2>/dev/null; exec {answer}<&-
  printf '%s\0' "$said"
done`,
  parse: (stdout, keys) =>
    each(stdout, keys, (said) => {
      const code = /^HTTP\/[\d.]+ (\d{3})/.exec(said)?.[1]
      return { status: said.trim() || null, code: code === undefined ? null : Number(code) }
    }),
})
