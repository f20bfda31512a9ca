import type { Mischief } from './contract.ts'

const DIR = '/root/moja-dzialka/monitoring'
const id = (service: string) =>
  `$(docker ps -aq --filter label=com.docker.compose.project=moja-dzialka-monitoring --filter label=com.docker.compose.service=${service})`

const up = 'monitoring up'
const anew = (service: string) => new RegExp(`container /moja-dzialka-monitoring-${service}|/\\.last-good/`)
/** A change that neither the size nor the time of a file shows. */
const quietly = (change: string, path: string) =>
  `cp -p ${path} /run/old && sed -i '${change}' ${path} && touch -r /run/old ${path} && [ "$(stat -c %s /run/old)" = "$(stat -c %s ${path})" ] && ! cmp -s /run/old ${path}`

/** What happens to the monitoring behind the provisioner's back. */
export const monitoringMischief: readonly Mischief[] = [
  {
    name: 'a threshold lowered, the size and time of the file kept',
    role: 'monitoring',
    command: quietly('s/86400 < 14$/86400 < 01/', `${DIR}/prometheus/rules/trueup.yml`),
    task: `file ${DIR}/prometheus/rules/trueup.yml`,
    handlers: ['reload prometheus'],
  },
  {
    name: 'the rules removed, and Prometheus told',
    role: 'monitoring',
    command: `rm ${DIR}/prometheus/rules/trueup.yml && curl -fsS -X POST http://127.0.0.1:9090/-/reload`,
    task: `file ${DIR}/prometheus/rules/trueup.yml`,
    handlers: ['reload prometheus'],
  },
  {
    name: 'a target removed, and Prometheus told',
    role: 'monitoring',
    command: `sed -i '/job_name: redis/,$d' ${DIR}/prometheus/prometheus.yml && curl -fsS -X POST http://127.0.0.1:9090/-/reload`,
    task: `file ${DIR}/prometheus/prometheus.yml`,
    handlers: ['reload prometheus'],
  },
  {
    name: 'a configuration that Prometheus cannot read',
    role: 'monitoring',
    command: `chown 1000:1000 ${DIR}/prometheus/prometheus.yml && chmod 0600 ${DIR}/prometheus/prometheus.yml`,
    task: `file ${DIR}/prometheus/prometheus.yml`,
    handlers: ['reload prometheus'],
  },
  {
    name: 'a receiver removed',
    role: 'monitoring',
    command: `sed -i '/webhook_configs/,/send_resolved/d' ${DIR}/alertmanager/alertmanager.yml`,
    task: `file ${DIR}/alertmanager/alertmanager.yml`,
    handlers: ['reload alertmanager'],
  },
  {
    name: 'a secret opened to everybody',
    role: 'monitoring',
    command: `chmod 0644 ${DIR}/alertmanager/webhook-url`,
    task: `file ${DIR}/alertmanager/webhook-url`,
    handlers: ['reload alertmanager'],
  },
  {
    name: 'passwords opened to everybody',
    role: 'monitoring',
    command: `chmod 0644 ${DIR}/.env`,
    task: `file ${DIR}/.env`,
  },
  {
    name: 'a data source that leads elsewhere',
    role: 'monitoring',
    command: `sed -i s/127.0.0.1:9090/192.0.2.1:9090/ ${DIR}/grafana/provisioning/datasources/trueup.yml && docker restart ${id('grafana')}`,
    task: `file ${DIR}/grafana/provisioning/datasources/trueup.yml`,
    handlers: ['restart grafana'],
    moved: anew('grafana'),
  },
  {
    name: 'a dashboard emptied',
    role: 'monitoring',
    command: `echo '{}' > ${DIR}/grafana/dashboards/host.json`,
    task: `file ${DIR}/grafana/dashboards/host.json`,
  },
  {
    name: 'logs kept for a day only',
    role: 'monitoring',
    command: `sed -i 's/720h/24h/' ${DIR}/loki/loki.yml`,
    task: `file ${DIR}/loki/loki.yml`,
    handlers: ['restart loki'],
    moved: anew('loki'),
  },
  {
    name: 'a container removed',
    role: 'monitoring',
    command: `docker rm -f ${id('cadvisor')}`,
    task: up,
    moved: anew('cadvisor'),
  },
  {
    name: 'a container stopped',
    role: 'monitoring',
    command: `docker stop ${id('alertmanager')}`,
    task: up,
    moved: anew('alertmanager'),
  },
  {
    name: 'a container paused',
    role: 'monitoring',
    command: `docker pause ${id('loki')}`,
    task: up,
    moved: anew('loki'),
  },
  {
    name: 'a container that does not come back by itself, by the engine’s socket',
    role: 'monitoring',
    command: `curl -fsS --unix-socket /run/docker.sock -H 'Content-Type: application/json' -d '{"RestartPolicy":{"Name":"no"}}' http://docker/containers/${id('redis-exporter')}/update`,
    task: up,
  },
  {
    name: 'an image re-tagged',
    role: 'monitoring',
    command: 'docker tag redis:7.4 oliver006/redis_exporter:v1.69.0',
    task: up,
    moved: anew('redis-exporter'),
  },
  {
    name: 'a container that is nobody’s',
    role: 'monitoring',
    command:
      'docker run -d --label com.docker.compose.project=moja-dzialka-monitoring --label com.docker.compose.service=miner redis:7.4 sleep 100000',
    task: up,
    moved: /file \/etc\/resolv/,
  },
  {
    name: 'the compose file edited, its size and time kept',
    role: 'monitoring',
    command: quietly('s/127.0.0.1:3100:/127.0.0.2:3100:/', '/root/moja-dzialka/docker-compose.monitoring.yml'),
    task: 'file /root/moja-dzialka/docker-compose.monitoring.yml',
  },
  {
    name: 'the password of Grafana changed by hand',
    role: 'monitoring',
    command: `docker exec ${id('grafana')} grafana cli admin reset-admin-password other`,
    task: 'grafana admin password',
  },
  {
    name: 'the timer for certificates disabled',
    role: 'monitoring',
    command: 'systemctl disable -q --now trueup-certificates.timer',
    task: 'unit trueup-certificates.timer running',
    moved: /trueup-certificates\.timer/,
  },
  {
    name: 'the program for certificates not executable',
    role: 'monitoring',
    command: `chmod 0644 ${DIR}/certificates.sh`,
    task: `file ${DIR}/certificates.sh`,
  },
]
