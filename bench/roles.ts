/** The server of the benchmark: what ansible/site.yml describes, in the same order. */
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { role, secret, type Task } from '../lib/index.ts'
import * as apt from '../tasks/apt.ts'
import { authorizedKeys } from '../tasks/authorized-keys.ts'
import { cronFile } from '../tasks/cron.ts'
import { directory } from '../tasks/directory.ts'
import { absent, file } from '../tasks/file.ts'
import { group } from '../tasks/group.ts'
import { link } from '../tasks/link.ts'
import * as nginx from '../tasks/nginx.ts'
import { sudoers } from '../tasks/sudoers.ts'
import { restart, running } from '../tasks/systemd.ts'
import * as ufw from '../tasks/ufw.ts'
import { user } from '../tasks/user.ts'

const APP = '/root/moja-dzialka'
const BASE = 'curl git jq htop rsync unzip ca-certificates gnupg cron logrotate unattended-upgrades fail2ban chrony'
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKKXa4qjXjyXfMZqGNUlJ7wcKInzQTCH2chnkNQSBt+I deploy'

const Vars = z.strictObject({
  templates: z.string(),
  certificate: z.string(),
  key: secret('key'),
  more: z.number().default(0),
})

const base = (): Task[] => [
  link({ path: '/etc/localtime', target: '/usr/share/zoneinfo/Europe/Warsaw' }),
  apt.installed(BASE.split(' ')),
  file({
    path: '/etc/apt/apt.conf.d/20auto-upgrades',
    content: 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n',
  }),
  group({ name: 'deploy' }),
  user({ name: 'deploy', group: 'deploy', shell: '/bin/bash' }),
  sudoers({ name: 'deploy', rules: ['deploy ALL=(ALL) NOPASSWD:ALL'] }),
  authorizedKeys({ user: 'deploy', keys: [KEY] }),
  file({
    path: '/etc/ssh/sshd_config.d/10-hardening.conf',
    content: 'PasswordAuthentication no\nPermitRootLogin prohibit-password\nX11Forwarding no\nMaxAuthTries 3\n',
    notifies: restart('ssh'),
  }),
  file({ path: '/etc/sysctl.d/60-net.conf', content: 'net.ipv4.conf.all.rp_filter = 1\n' }),
  file({ path: '/etc/sysctl.d/61-vm.conf', content: 'vm.swappiness = 10\n' }),
  file({ path: '/etc/sysctl.d/62-somax.conf', content: 'net.core.somaxconn = 4096\n' }),
  directory({ path: '/etc/systemd/journald.conf.d' }),
  file({ path: '/etc/systemd/journald.conf.d/size.conf', content: '[Journal]\nSystemMaxUse=500M\n' }),
  file({ path: '/etc/fail2ban/jail.d/sshd.local', content: '[sshd]\nenabled = true\nbackend = systemd\n' }),
  running('chrony'),
  ...['', '/nginx', '/nginx/ssl', '/scripts', '/data', '/logs'].map((name) => directory({ path: `${APP}${name}` })),
  directory({ path: '/root/backups' }),
]

const firewall = (port: number, from: string | null): Task[] => [
  apt.installed(['ufw'], { ufw: ufw.provided }),
  ...[22, 80, 443].map((one) => ufw.allow({ port: one, proto: 'tcp' })),
  ufw.defaults({ incoming: 'deny', outgoing: 'allow' }),
  ufw.enabled({ ssh: { port, ...(from !== null && { from }) } }),
]

const docker = (): Task[] => [
  apt.installed(['docker.io', 'docker-cli', 'docker-compose']),
  directory({ path: '/etc/docker' }),
  file({
    path: '/etc/docker/daemon.json',
    content: '{"log-driver":"json-file","log-opts":{"max-size":"100m","max-file":"3"},"live-restore":true}\n',
    notifies: restart('docker'),
  }),
  running('docker'),
  { ...user({ name: 'deploy', groups: ['docker'] }), title: 'deploy may use docker' },
]

const web = (site: string): Task[] => [
  apt.installed(['nginx'], { nginx: nginx.provided('trixie') }),
  absent({ path: '/etc/nginx/sites-enabled/default', notifies: nginx.reload }),
  nginx.siteFile({ name: 'moja-dzialka', content: site }),
  nginx.siteLink({ name: 'moja-dzialka' }),
  running('nginx'),
]

const jobs = (): Task[] => [
  cronFile({
    name: 'moja-dzialka',
    jobs: [
      { schedule: '0 3 * * *', command: `${APP}/scripts/backup.sh >> /var/log/moja-dzialka-backup.log 2>&1` },
      { schedule: '0 4 * * 0', command: 'docker system prune -f >> /var/log/docker-cleanup.log 2>&1' },
      { schedule: '0 6 * * *', command: "df -h / | mail -s 'Disk usage' root" },
    ],
  }),
  file({
    path: '/etc/logrotate.d/moja-dzialka',
    content:
      '/var/log/moja-dzialka-backup.log /var/log/docker-cleanup.log {\n  weekly\n  rotate 8\n  compress\n  missingok\n}\n',
  }),
  running('cron'),
]

const MONITORED = [
  'prometheus.yml',
  'alerts.yml',
  'loki/config.yml',
  'grafana/datasources/prometheus.yml',
  'grafana/dashboards/default.yml',
]

const monitoring = (): Task[] => [
  ...['', '/grafana', '/grafana/dashboards', '/grafana/datasources', '/loki'].map((name) =>
    directory({ path: `${APP}/monitoring${name}` }),
  ),
  ...MONITORED.map((name) => file({ path: `${APP}/monitoring/${name}`, content: `# ${name}\nglobal: {}\n` })),
]

/** As many more tasks as one likes, to see how time grows with them. */
const further = (count: number): Task[] => {
  const files = Array.from({ length: count }, (_, index) =>
    file({ path: `/root/more/${index}.conf`, content: `# ${index}\n` }),
  )
  return count === 0 ? [] : [directory({ path: '/root/more' }), ...files]
}

/** The whole server. */
export const server = role({
  name: 'server',
  vars: Vars,
  tasks: ({ vars: { templates, certificate, key, more }, host: { sshPort, sshFrom } }) => {
    const template = (name: string, values: Readonly<Record<string, string>> = {}): string =>
      readFileSync(`${templates}/${name}.j2`, 'utf8').replace(
        /\{\{ (\w+) \}\}/g,
        (_, one: string) => ({ app_dir: APP, ...values })[one] ?? '',
      )
    return [
      ...base(),
      ...firewall(sshPort ?? 22, sshFrom),
      ...docker(),
      file({ path: `${APP}/nginx/ssl/cloudflare-origin.key`, content: key, notifies: nginx.reload }),
      file({
        path: `${APP}/nginx/ssl/cloudflare-origin.pem`,
        content: readFileSync(certificate),
        notifies: nginx.reload,
      }),
      ...web(template('moja-dzialka.conf')),
      file({ path: `${APP}/.env`, content: 'POSTGRES_PASSWORD=x\nNEO4J_PASSWORD=y\n', mode: '0600' }),
      ...['docker-compose.yml', 'docker-compose.prod.yml'].map((name) =>
        file({ path: `${APP}/${name}`, content: template(name) }),
      ),
      ...['deploy', 'backup', 'restore', 'import-data'].map((item) =>
        file({ path: `${APP}/scripts/${item}.sh`, content: template('script.sh', { item }), mode: '0755' }),
      ),
      ...jobs(),
      ...monitoring(),
      file({
        path: `${APP}/docker-compose.monitoring.yml`,
        content: template('docker-compose.monitoring.yml'),
      }),
      ...further(more),
    ]
  },
})
