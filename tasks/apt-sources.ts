import { type Check, check, family, sh, type State } from '../lib/index.ts'

/** Whether apt reads a suite. */
export interface SuiteState extends State {
  read: boolean
}

/** A source that is in use: a line of a `.list` file, or the suites of a `.sources` file (sources.list(5)). */
const suitesOf = (text: string): string[] =>
  text.split(/\n\s*\n|\0/).flatMap((stanza) => {
    const lines = stanza.split('\n').flatMap((line) => /^\s*deb\s+(?:\[[^\]]*\]\s*)?\S+\s+(\S+)/.exec(line)?.[1] ?? [])
    if (/^Enabled:\s*no\s*$/im.test(stanza)) return lines
    const suites = /^Suites:((?:.*\n(?=[ \t]))*.*)$/im.exec(stanza)?.[1] ?? ''
    return [...lines, ...suites.split(/\s+/).filter(Boolean)]
  })

const suite = family<SuiteState>({
  name: 'apt-suite',
  read: () =>
    sh`for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do [ ! -f "$file" ] || { cat "$file" && printf '\0'; } || exit; done`,
  parse: (stdout, keys) => {
    const suites = new Set(suitesOf(stdout).map((name) => name.replace(/\/.*$/, '')))
    return new Map(keys.map((key) => [key, { read: suites.has(key) }]))
  },
})

/**
 * A warning where apt reads no security archive: unattended upgrades would then have nothing to install.
 *
 * @param codename - of the release, such as `noble`: its archive is the suite `noble-security`, on Debian too
 */
export const securitySource = (codename: string): Check<SuiteState> =>
  check({
    title: 'apt has security updates',
    want: suite(`${codename}-security`).is({ read: true }),
    level: 'warn',
    say: () => `no source in /etc/apt has the suite ${codename}-security, so no security update is ever installed`,
  })
