import { all, family, quote, sh, type Sh, type State, type Task, task } from '../lib/index.ts'

export interface CheckoutState extends State {
  /** The commit that is checked out; `null` where there is no repository, or nothing in it yet. */
  commit: string | null
  /** The URL of the remote `origin`. */
  origin: string | null
  /** Tracked files that were changed by hand, as `git status` has them; `null` when there are none. */
  changed: string | null
}

/**
 * Git in a directory, as its owner: a repository's own configuration can name programs (core.fsmonitor, filters) that
 * root must not run for others. Reads no configuration of users or the machine.
 */
const GIT = sh`
git_at() ( dir=$1 as=(); shift # all of it in the directory that was entered, whatever its path comes to mean
  cd -P -- "$dir" || exit
  set -- env HOME=/nonexistent GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 GIT_OPTIONAL_LOCKS=0 git "$@"
  [ -O . ] || as=(setpriv --reuid="$(stat -c %u .)" --regid="$(stat -c %g .)" --clear-groups --)
  "\${as[@]}" "$@"
)
`

const FIELDS = 4

/**
 * One `git status` for each directory; untracked files do not count. Nothing is asked of the remote, so a branch or a
 * tag cannot be judged here: only a commit.
 */
export const checkoutAt = family<CheckoutState>({
  name: 'git',
  needs: ['git'],
  read: (keys) => sh`${GIT}
for dir in ${keys}; do
  status= origin= found=repository
  if [ ! -e "$dir/.git" ]; then found=none
  elif ! status=$(git_at "$dir" status --porcelain=v2 --branch --untracked-files=no 2>&1); then found=error
  else origin=$(git_at "$dir" config --local --get remote.origin.url) || [ $? = 1 ] || found=error
  fi
  printf '%s\0%s\0%s\0%s\0' "$dir" "$found" "$status" "$origin"
done`,
  parse: (stdout, keys) => {
    const fields = stdout.split('\0')
    return new Map(
      keys.map((key, index): [string, CheckoutState | Error] => {
        const [dir, found, status = '', origin = ''] = fields.slice(index * FIELDS, index * FIELDS + FIELDS)
        if (stdout === '' || (dir === key && found === 'none'))
          return [key, { commit: null, origin: null, changed: null }]
        if (dir !== key || found !== 'repository')
          return [key, new Error(status === '' ? 'git gave no answer' : status)]
        const [, commit] = /^# branch\.oid ([0-9a-f]+)$/m.exec(status) ?? []
        const changed = status.split('\n').filter((line) => /^[12u] /.test(line))
        return [
          key,
          {
            commit: commit ?? null,
            origin: origin === '' ? null : withoutLogin(origin),
            changed: changed.length === 0 ? null : changed.map(changedFile).join(', '),
          },
        ]
      }),
    )
  },
})

/** A URL without the login that is in it, except for the user of ssh, which is no secret. What is left still differs. */
const withoutLogin = (url: string): string =>
  url.replace(/^([a-z+]+:\/\/)([^/]*)@/i, (whole, scheme: string, login: string) =>
    /^ssh/i.test(scheme) && !login.includes(':') ? whole : `${scheme}‹…›@`,
  )

/** `1 .M N… <modes and hashes> PATH` (git-status(1), porcelain version 2): 8 fields before the path; 9 in a rename, 10 in a conflict. */
const changedFile = (line: string): string => {
  const before = { '1': 8, '2': 9, u: 10 }[line[0] ?? ''] ?? 8
  const fields = line.split(' ')
  return fields.slice(before).join(' ').split('\t', 1)[0] ?? ''
}

export interface CheckoutOptions {
  /** `https://…`, `ssh://…`, `git@host:path` or a directory's absolute path; never with a password in it. */
  readonly url: string
  /** The working tree, an absolute path whose parent is there. */
  readonly dir: string
  /** The full hash of a commit (40 hex digits): what a branch is at changes without anything here changing. */
  readonly commit: string
  /** The host's file with the private key to log in with; its owner is the tree's owner. */
  readonly key?: string
  /** The host's file with the keys of the other side; the tree's owner's own unless given. */
  readonly knownHosts?: string
  /** Who the tree belongs to when it is made; root unless given. */
  readonly owner?: string
}

const URL =
  /^(?:(?:https?|ssh|git):\/\/[^\s:@/?#-][^\s]*|[A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^\s]+|\/[^\0\n]*)$/

const checkedUrl = (url: string): string => {
  if (!URL.test(url) || withoutLogin(url) !== url)
    throw new TypeError('git needs a URL (https, ssh, user@host:path) or an absolute path, without a password in it')
  return url
}

const absolute = (what: string, path: string): string => {
  if (!/^\/[^\0\n]*[^/\0\n]$/.test(path))
    throw new TypeError(`${what} is an absolute path, not ${JSON.stringify(path)}`)
  return path
}

/** GIT_SSH_COMMAND is read by a shell: its words are quoted for one. */
const sshCommand = ({ key, knownHosts }: Pick<CheckoutOptions, 'key' | 'knownHosts'>): string =>
  [
    'ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=20',
    ...(key === undefined ? [] : [`-o IdentitiesOnly=yes -i ${quote(absolute('key', key))}`]),
    ...(knownHosts === undefined ? [] : [`-o UserKnownHostsFile=${quote(absolute('knownHosts', knownHosts))}`]),
  ].join(' ')

const fetch = (options: CheckoutOptions): Sh => {
  const { url, commit } = options
  const ssh = `core.sshCommand=${sshCommand(options)}`
  return all(
    sh`git_at . config --local remote.origin.url ${checkedUrl(url)}`,
    sh`git_at . config --local remote.origin.fetch '+refs/heads/*:refs/remotes/origin/*'`,
    sh`{ git_at . cat-file -e ${`${commit}^{commit}`} 2>/dev/null || git_at . -c ${ssh} fetch -q --tags origin; }`,
    sh`{ git_at . cat-file -e ${`${commit}^{commit}`} 2>/dev/null || git_at . -c ${ssh} fetch -q origin ${commit}; }`,
    sh`git_at . -c advice.detachedHead=false checkout -q --detach ${commit}`,
  )
}

/** Makes the directory where it is missing, enters it, which no link can be in the way of, and makes a repository there. */
const begun = (dir: string, owner: string): readonly Sh[] => [
  sh`{ [ -d ${dir} ] || tu_dir ${dir} 0755 ${owner} "$(id -gn -- ${owner})"; }`,
  sh`tu_enter ${`${dir}/`}`,
  sh`{ [ -e ./.git ] || git_at . init -q; }`,
]

/**
 * A repository at one commit. Files that were changed by hand are never thrown away: the task fails and names them.
 * Commits that were made by hand stay in the repository; untracked files stay where they are.
 *
 * @throws TypeError for a commit that is no full hash, and values that git would read as something else
 */
export const checkout = (options: CheckoutOptions): Task => {
  const { dir, url, commit, owner = 'root' } = options
  if (!/^[0-9a-f]{40}$/.test(commit))
    throw new TypeError(`a checkout needs the full hash of a commit, not ${JSON.stringify(commit)}`)
  absolute('dir', dir)
  const steps = all(...begun(dir, owner), fetch(options))
  return task({
    title: `checkout ${dir}`,
    owns: [{ path: dir, part: true }],
    want: checkoutAt(dir).is({ commit, origin: checkedUrl(url), changed: null }),
    apply: ({ now }) =>
      now.changed === null
        ? sh`${GIT}${steps}`
        : sh`echo ${`${dir} has changes made by hand, which are kept: ${now.changed}`} >&2; exit 1`,
    timeout: 900,
    retries: 1,
  })
}

export interface CloneOptions extends Omit<CheckoutOptions, 'commit'> {}

/**
 * A repository that knows where it comes from and how to log in there, with what the other side has; which commit is
 * checked out is somebody else's business (a deploy script, say).
 */
export const clone = (options: CloneOptions): Task => {
  const { dir, url, owner = 'root' } = options
  absolute('dir', dir)
  return task({
    title: `repository ${dir}`,
    owns: [{ path: dir, part: true }],
    want: checkoutAt(dir).is({ origin: checkedUrl(url) }),
    apply: () =>
      sh`${GIT}${all(
        ...begun(dir, owner),
        sh`git_at . config --local core.sshCommand ${sshCommand(options)}`,
        sh`git_at . -c ${`core.sshCommand=${sshCommand(options)}`} fetch -q --tags ${url} '+refs/heads/*:refs/remotes/origin/*'`,
        sh`git_at . config --local remote.origin.fetch '+refs/heads/*:refs/remotes/origin/*'`,
        sh`git_at . config --local remote.origin.url ${url}`,
      )}`,
    timeout: 900,
    retries: 1,
  })
}
