import { all, probe, sh, type State, type Task, task } from '../lib/index.ts'

/**
 * `LANG` as the host's default says, `listed:pl_PL.UTF-8` for what locale.gen(5) lists, `made:pl_PL.UTF-8` for what is
 * there (locale(1)). /etc/default/locale is a link to /etc/locale.conf from Debian 13 on.
 */
export const localeState = probe<State>({
  id: 'locale',
  needs: ['locale'],
  read: sh`locale -a 2>/dev/null && printf '\0' && { [ ! -e /etc/locale.gen ] || cat /etc/locale.gen; } && printf '\0' &&
{ [ ! -e /etc/default/locale ] || cat /etc/default/locale; }`,
  parse: (stdout) => {
    const [made = '', listed = '', file = ''] = stdout.split('\0').map((part) => part.split('\n'))
    const lang = [...file].findLast((one) => one.startsWith('LANG='))
    return {
      LANG: lang === undefined ? null : lang.slice(5).replace(/^(["'])(.*)\1$/, '$2'),
      ...mark(
        'made:',
        [...made].map((name) => name.replace(/\.utf8(?=@|$)/, '.UTF-8')),
      ),
      ...mark(
        'listed:',
        [...listed].flatMap((one) => /^([^#\s]\S*)\s+UTF-8\s*$/.exec(one)?.[1] ?? []),
      ),
    }
  },
})

const mark = (prefix: string, names: readonly string[]): State =>
  Object.fromEntries(names.filter((name) => name !== '').map((name) => [`${prefix}${name}`, true]))

const DEFAULT = '/etc/default/locale'

/** The file's other lines and this one. The link to /etc/locale.conf is followed: both are root's. */
const setLang = (lang: string) => sh`file=$(readlink -f ${DEFAULT}) &&
rest=$([ ! -e "$file" ] || grep -v '^LANG=' -- "$file" || [ $? = 1 ]) &&
printf '%s\n' \${rest:+"$rest"} ${`LANG=${lang}`} | tu_put "$file" 0644 root root`

const generate = (names: readonly string[]) => sh`{ command -v locale-gen >/dev/null ||
  { echo 'locale-gen is not there: the package locales is needed' >&2; false; }; } &&
rest=$([ ! -e /etc/locale.gen ] || cat /etc/locale.gen) &&
printf '%s\n' \${rest:+"$rest"} ${names.map((name) => `${name} UTF-8`)} | tu_put /etc/locale.gen 0644 root root &&
locale-gen`

export interface LocaleOptions {
  /** The default for everything that is started from now on. `C.UTF-8` is there without the package `locales`. */
  readonly lang: string
  /** Further locales that programs may ask for. */
  readonly also?: readonly string[]
}

/**
 * The host's default locale, and the locales that there are. Others are left alone. All but `C.UTF-8` need the package
 * `locales`.
 *
 * @throws TypeError on what is no locale in UTF-8, such as `pl_PL.UTF-8`
 */
export const locale = ({ lang, also = [] }: LocaleOptions): Task => {
  const names = [...new Set([lang, ...also])]
  for (const name of names)
    if (!/^(C|[a-z]{2,3}_[A-Z]{2})\.UTF-8$/.test(name))
      throw new TypeError(`not a locale in UTF-8: ${JSON.stringify(name)}`)
  const generated = names.filter((name) => name !== 'C.UTF-8')
  return task({
    title: 'locale',
    owns: [
      { path: '/etc/locale.gen', part: true },
      { path: DEFAULT, part: true },
    ],
    want: localeState.is({ LANG: lang, ...mark('made:', generated), ...mark('listed:', generated) }),
    apply: ({ now, keys }) =>
      all(
        ...(keys.some((key) => key !== 'LANG')
          ? [generate(generated.filter((name) => now[`listed:${name}`] !== true))]
          : []),
        ...(keys.includes('LANG') ? [setLang(lang)] : []),
      ),
  })
}
