import {
  all,
  check,
  type Claim,
  type Declared,
  type Handler,
  handler,
  type Probe,
  probe,
  sh,
  type State,
  type Task,
  task,
} from '../lib/index.ts'
import { absent, file, type PathOptions, type Validate } from './file.ts'
import { link } from './link.ts'
import { candidate, version } from './nginx/version.ts'
import { path } from './path.ts'
import { unit, up } from './systemd.ts'

export { nginxQuote, nginxWord } from './nginx/quote.ts'
export { nothingLeft, takeUp, undoable } from './nginx/taken-up.ts'
export { candidate, type Http2, http2, version } from './nginx/version.ts'

const AVAILABLE = '/etc/nginx/sites-available'
const ENABLED = '/etc/nginx/sites-enabled'

/** nginx reads the whole new configuration before any of it is put in place. */
export const valid: Validate = { tree: '/etc/nginx', check: sh`nginx -q -t` }

/** Reads the configuration anew, at the end of the role; never one that nginx refuses, since it would not start again. */
export const reload: Handler = handler({
  id: 'reload:nginx',
  title: 'reload nginx',
  run: sh`nginx -q -t && systemctl reload-or-restart -- nginx.service`,
  want: unit('nginx').is({ active: true }),
})

const siteName = (name: string): string => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    throw new TypeError(`a site is named by letters, digits and “._-”, not ${JSON.stringify(name)}`)
  return name
}

/**
 * What `nginx -t` complains of; `null` where it accepts the whole. It opens logs and a pid file as a start would: these
 * go to a private /run and /var/log/nginx, so that nothing of it stays.
 */
export const accepted = probe<{ complaint: string | null }>({
  id: 'nginx.accepted',
  needs: ['nginx'],
  read: sh`unshare -m --propagation private bash -c 'mount -t tmpfs trueup /run || exit
[ ! -d /var/log/nginx ] || mount -t tmpfs trueup /var/log/nginx || exit
said=$(nginx -q -t 2>&1) && echo accepted || printf "%s\n" "$said"'`,
  parse: (stdout) => {
    const [first = ''] = stdout.trim().split('\n')
    if (first === '') return { complaint: 'it is not installed' }
    return { complaint: first === 'accepted' ? null : first }
  },
})

/** What is enabled: each name in sites-enabled with the target of its link; `file` where it is none. Hidden ones do not count. */
export const sites: Probe<State> = probe({
  id: 'nginx.sites',
  read: sh`[ ! -d ${ENABLED} ] || find ${ENABLED} -mindepth 1 -maxdepth 1 ! -name '.*' -printf '%f\0%y\0%l\0'`,
  parse: (stdout) => {
    const fields = stdout.split('\0')
    return Object.fromEntries(
      fields.flatMap((name, index) =>
        index % 3 === 0 && name !== ''
          ? [[name, fields[index + 1] === 'l' ? (fields[index + 2] ?? '') : 'file'] as const]
          : [],
      ),
    )
  },
})

/** Files of others that nginx reads at the level of `http`; hidden ones do not count. */
export const strays: Probe<State> = probe({
  id: 'nginx.conf.d',
  read: sh`[ ! -d /etc/nginx/conf.d ] || find /etc/nginx/conf.d -mindepth 1 -maxdepth 1 -name '[!.]*.conf' -printf '%f\0'`,
  parse: (stdout) =>
    Object.fromEntries(stdout.split('\0').flatMap((name) => (name === '' ? [] : [[name, true] as const]))),
})

/** What others have put into conf.d is left there, and is told of: it is in force for our sites, too. */
export const noStrays: Task = check({
  title: 'nginx conf.d is empty',
  want: strays.exactly({}),
  level: 'warn',
  say: ({ now }) =>
    `${Object.keys(now).sort().join(', ')} in /etc/nginx/conf.d is none of ours and in force for all sites; remove it or know why it is there`,
})

type SiteOptions = Omit<PathOptions, 'path' | 'validate'> & { readonly name: string }

/** A site's configuration in sites-available. Where it is enabled, nginx judges it before it is put in place. */
export const siteFile = ({ name, ...options }: SiteOptions & { readonly content: string }): Declared =>
  file({ notifies: reload, ...options, path: `${AVAILABLE}/${siteName(name)}`, validate: valid })

/** A site's link in sites-enabled, or none; nginx judges the whole before it is changed. */
export const siteLink = ({
  name,
  enabled = true,
  ...options
}: SiteOptions & { readonly enabled?: boolean }): Declared => {
  const target = `${AVAILABLE}/${siteName(name)}`
  const common = { notifies: reload, ...options, path: `${ENABLED}/${name}`, validate: valid }
  const claims = (value: string | null): readonly Claim[] => [sites.is({ [name]: value }), ...(options.provides ?? [])]
  return enabled ? link({ ...common, target, provides: claims(target) }) : absent({ ...common, provides: claims(null) })
}

/**
 * These sites are enabled and no others: the package's `default`, say, is not. nginx judges all changes as one before
 * any is made. The files in sites-available stay.
 */
export const onlySites = (
  names: readonly string[],
  { notifies = reload }: Pick<PathOptions, 'notifies'> = {},
): Task => {
  const wanted = Object.fromEntries(names.map((name) => [name, `${AVAILABLE}/${siteName(name)}`]))
  return task({
    title: 'nginx has no other sites',
    want: sites.exactly(wanted),
    apply: ({ changes }) => {
      const trial = sh`mount -t tmpfs -o mode=755 trueup /mnt && cp -a /etc/nginx/. /mnt/ &&
${all(...changes.map(({ key, to }) => (to === null ? sh`rm -f -- ${`/mnt/sites-enabled/${key}`}` : sh`ln -sfT -- ${String(to)} ${`/mnt/sites-enabled/${key}`}`)))} &&
mount --bind /mnt /etc/nginx && cd / && ${valid.check} >&2`
      return all(
        sh`{ unshare -m --propagation private bash -c ${String(trial)} || { echo 'refused: nginx would not take what is left; nothing was changed' >&2; false; }; }`,
        ...changes.map(({ key, to }) =>
          to === null ? sh`tu_remove ${`${ENABLED}/${key}`}` : sh`tu_link ${`${ENABLED}/${key}`} ${String(to)}`,
        ),
      )
    },
    provides: ({ changes }) =>
      changes.map(({ key, to }) =>
        path(`${ENABLED}/${key}`).is(
          to === null
            ? { type: null, mode: null, owner: null, group: null, target: null }
            : { type: 'link', mode: null, owner: null, group: null, target: String(to) },
        ),
      ),
    notifies,
  })
}

/**
 * What installing the distribution's package brings, for `installed(['nginx'], { nginx: provided(host.codename) })`: it
 * is started at once, with a default site.
 */
export const provided = (codename: string): readonly Claim[] => {
  const known = candidate(codename)
  const target = `${AVAILABLE}/default`
  return [
    known === undefined ? version.unsettled : version.is({ version: known }),
    unit('nginx').is(up),
    sites.exactly({ default: target }),
    path(`${ENABLED}/default`).is({ type: 'link', mode: null, owner: null, group: null, target }),
  ]
}
