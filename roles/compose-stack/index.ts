import { type Requirement, role, type Site, type Task } from '../../lib/index.ts'
import * as apt from '../../tasks/apt.ts'
import * as compose from '../../tasks/compose.ts'
import { directory } from '../../tasks/directory.ts'
import { file } from '../../tasks/file.ts'
import { path as pathAt } from '../../tasks/path.ts'
import { memoryFor } from '../../tasks/resources.ts'
import { shipped } from '../../files/index.ts'
import { unit } from '../../tasks/systemd.ts'
import { dotenv } from '../../templates/dotenv.ts'
import { scriptSettings } from '../../templates/scripts.ts'
import { imported } from './data.ts'
import { deployed } from './deploy.ts'
import { stack } from './project.ts'
import { source } from './source.ts'
import { Vars } from './vars.ts'
import { verify } from './verify.ts'

type Stack = ReturnType<typeof stack>

const gb = (mb: number) => `${(mb / 1024).toFixed(1)} GB`

/** What is kept for the services must be there; what they may take at most should be. */
const budget = ({ memory }: Stack): Task[] => {
  const sum = (of: 'limit' | 'reservation') => memory.reduce((total, one) => total + one[of], 0)
  const [most, kept] = [sum('limit'), sum('reservation')]
  return [
    memoryFor(
      'memory kept for the services',
      kept,
      'fail',
      (found) =>
        `${gb(kept)} are kept for the services, and the host has ${gb(found)}: lower them (compose-stack.size: small), or take a larger host`,
    ),
    memoryFor(
      'memory that the services may take',
      most,
      'warn',
      (found) =>
        `the services may take ${gb(most)} at most, and the host has ${gb(found)}: not all of them can do so at once`,
    ),
  ]
}

const SCRIPTS = ['deploy', 'backup', 'restore', 'restore-test', 'import-data', 'lib']

/** What people and cron run on the host, and what it is told. */
const scripts = ({ repository, backup, wait }: Vars, { project, dir }: Site): Task[] => {
  const { days, keep, offsite, ageRecipient, heartbeat } = backup
  const settings = scriptSettings({
    ...{ project, dir, wait, branch: repository.branch, retentionDays: days, keepNewest: keep },
    ...(offsite && { offsite }),
    ...(ageRecipient !== undefined && { ageRecipient }),
    ...(heartbeat !== undefined && { heartbeat }),
  })
  return [
    directory({ path: `${dir}/scripts` }),
    directory({ path: '/var/lib/node-exporter' }),
    ...SCRIPTS.map((name) =>
      file({ path: `${dir}/scripts/${name}.sh`, content: shipped(`scripts/${name}.sh`), mode: '0755' }),
    ),
    file({ path: `${dir}/scripts/settings.env`, content: settings, mode: '0600' }),
    file({
      path: `/etc/profile.d/${project}.sh`,
      content: `# Managed by trueup: changes made here are put back.\nexport COMPOSE_ENV_FILES=.env,.ref.env\n`,
    }),
  ]
}

const files = ({ base, prod, variables }: Stack, { dir }: Site): Task[] => [
  file({ path: `${dir}/.env`, content: dotenv(variables), mode: '0600' }),
  file({ path: `${dir}/docker-compose.yml`, content: base }),
  file({ path: `${dir}/docker-compose.prod.yml`, content: prod }),
]

const requirements = ({ dir }: Site): Requirement[] => [
  { want: pathAt(dir).is({ type: 'directory' }), role: 'base-ubuntu' },
  { want: unit('docker.service').is({ active: true }), role: 'docker' },
]

/** The application and its databases, in containers. */
export default role({
  name: 'compose-stack',
  vars: Vars,
  requires: ({ site }) => requirements(site),
  tasks: ({ vars, site }) => {
    const all = stack(vars, site)
    const { project, services, databases, application } = all
    return [
      ...budget(all),
      apt.installed(['curl', 'git', 'jq'], {}, { title: 'apt install tools of the stack' }),
      ...source(vars, site),
      ...scripts(vars, site),
      ...files(all, site),
      compose.tellsForeign(project, project.precious, 'compose-stack.adopt: true'),
      compose.up({ ...project, services: databases, title: 'databases up' }),
      ...deployed(vars, site, compose.running(project, application)),
      ...imported(vars, site),
      compose.up({ ...project, services, title: 'everything up', exactly: true }),
    ]
  },
  verify: ({ vars, site }) => verify(vars, site),
})
