import { probe, check, sh, type Site, type State, type Task } from '../../lib/index.ts'
import { directory } from '../../tasks/directory.ts'
import { file } from '../../tasks/file.ts'
import { clone } from '../../tasks/git.ts'
import { link } from '../../tasks/link.ts'
import type { Vars } from './vars.ts'

/** What this project writes itself, whatever the application's repository has. */
const OURS = [
  'docker-compose.yml',
  'docker-compose.prod.yml',
  'docker-compose.monitoring.yml',
  'scripts',
  'nginx',
  'monitoring',
]

const ignored = ({ dir }: Site): Task => {
  const copies = probe<State>({
    id: 'compose-stack.copies',
    read: sh`for name in ${OURS}; do [ ! -e ${dir}/src/"$name" ] || printf '%s ' "$name"; done`,
    parse: (stdout) => ({ copies: stdout.trim() === '' ? null : stdout.trim() }),
  })
  return check({
    title: 'nothing of ours in the repository',
    want: copies.is({ copies: null }),
    level: 'warn',
    say: ({ now }) => `the repository has copies of its own, which are not used: ${now['copies']}`,
  })
}

/** The application's repository, and the folders of it that the server's description names. */
export const source = ({ repository: { url, key, knownHosts } }: Vars, site: Site): Task[] => {
  const { dir, project } = site
  const [keyFile, hostsFile] = [`/root/.ssh/${project}-deploy`, `/root/.ssh/${project}-known_hosts`]
  return [
    directory({ path: '/root/.ssh', mode: '0700' }),
    ...(key === undefined ? [] : [file({ path: keyFile, content: key })]),
    file({ path: hostsFile, content: knownHosts.map((line) => `${line}\n`).join('') }),
    clone({ url, dir: `${dir}/src`, knownHosts: hostsFile, ...(key && { key: keyFile }) }),
    ...['backend', 'frontend', 'egib'].map((name) => link({ path: `${dir}/${name}`, target: `src/${name}` })),
    ignored(site),
  ]
}
