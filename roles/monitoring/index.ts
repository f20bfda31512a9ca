import { type Requirement, role, type RoleInput, type Site, type Task } from '../../lib/index.ts'
import * as apt from '../../tasks/apt.ts'
import * as compose from '../../tasks/compose.ts'
import { directory } from '../../tasks/directory.ts'
import { file } from '../../tasks/file.ts'
import * as grafana from '../../tasks/grafana.ts'
import { path as pathAt } from '../../tasks/path.ts'
import { memoryFor } from '../../tasks/resources.ts'
import { unit } from '../../tasks/systemd.ts'
import { dotenv } from '../../templates/dotenv.ts'
import { at } from '../../templates/monitoring/ports.ts'
import { origin } from '../certs.ts'
import { keptBeside, passwords } from './beside.ts'
import { certificates, logging, routing, scraping, views } from './files.ts'
import { project, servicesOf } from './project.ts'
import { Vars } from './vars.ts'
import { verify } from './verify.ts'

const requirements = ({ watch }: Vars, { dir }: Site): Requirement[] => [
  { want: unit('docker.service').is({ active: true }), role: 'docker' },
  // Brings the network that the databases are found in, and the folder for metrics.
  { want: pathAt(`${dir}/docker-compose.yml`).is({ type: 'file' }), role: 'compose-stack' },
  { want: pathAt('/var/lib/node-exporter').is({ type: 'directory' }), role: 'compose-stack' },
  ...(watch.nginx ? [{ want: unit('nginx.service').is({ active: true }), role: 'nginx' }] : []),
]

const budget = (input: RoleInput<Vars>): Task => {
  const own = servicesOf(input.vars).reduce((sum, name) => sum + input.vars.memory[name], 0)
  const beside = keptBeside(input)
  return memoryFor(
    'memory kept for the monitoring',
    own + beside,
    'fail',
    (found) =>
      `the monitoring may take ${own} MB, ${beside} MB are kept for the services beside it, and the host has ${found} MB: lower them (compose-stack.size: small, monitoring.memory), or take a larger host`,
  )
}

const containers = (input: RoleInput<Vars>): Task[] => {
  const { vars, site } = input
  const { path, file: content, variables, options } = project(vars, site, passwords(vars, input))
  const url = `http://${at('grafana')}`
  const { password } = vars.grafana
  return [
    file({ path: `${site.dir}/monitoring/.env`, content: dotenv(variables), mode: '0600' }),
    file({ path, content }),
    compose.up({
      ...options,
      title: 'monitoring up',
      // At its very first start Grafana takes the password from its environment.
      provides: ({ grafana: now }) =>
        now === 'healthy' ? [] : [grafana.login(url, password).is({ password: 'accepted' })],
    }),
    grafana.adminPassword(options.name, 'grafana', url, password),
  ]
}

/** What watches the host and everything on it, keeps its logs, and tells people when something is wrong. */
export default role({
  name: 'monitoring',
  vars: Vars,
  requires: ({ vars, site }) => requirements(vars, site),
  tasks: (input) => {
    const { vars, site, host } = input
    return [
      budget(input),
      apt.installed(['curl', 'openssl'], {}, { title: 'apt install tools of the monitoring' }),
      directory({ path: `${site.dir}/monitoring` }),
      ...scraping(vars, site, host.name),
      ...routing(vars, site),
      ...logging(vars, site),
      ...views(vars, site),
      ...certificates(site, origin(site).cert),
      ...containers(input),
    ]
  },
  verify,
})
