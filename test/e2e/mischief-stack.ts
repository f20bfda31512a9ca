import type { Mischief } from './contract.ts'

const DIR = '/root/moja-dzialka'
const id = (service: string) => `$(docker ps -aq --filter label=com.docker.compose.service=${service})`

const databases = 'databases up'
const everything = 'everything up'
const anew = (service: string) => new RegExp(`container /moja-dzialka-${service}|/\\.last-good/`)

/** What happens to an application and its databases behind the provisioner's back. */
export const stackMischief: readonly Mischief[] = [
  {
    name: 'a database removed',
    role: 'compose-stack',
    command: `docker rm -f ${id('redis')}`,
    task: databases,
    moved: anew('redis'),
  },
  {
    name: 'the backend stopped',
    role: 'compose-stack',
    command: `docker stop ${id('backend')}`,
    task: everything,
    moved: anew('backend'),
  },
  {
    name: 'a database paused',
    role: 'compose-stack',
    command: `docker pause ${id('minio')}`,
    task: databases,
    moved: anew('minio'),
  },
  {
    name: 'a worker that does not come back by itself',
    role: 'compose-stack',
    command: `docker update --restart no ${id('celery-worker')}`,
    task: everything,
  },
  {
    name: 'an image re-tagged',
    role: 'compose-stack',
    command: 'docker tag redis:7.4 quay.io/coreos/etcd:v3.5.16',
    task: databases,
    moved: anew('etcd'),
  },
  {
    name: 'a container that is nobody’s',
    role: 'compose-stack',
    command:
      'docker run -d --label com.docker.compose.project=moja-dzialka --label com.docker.compose.service=miner redis:7.4 sleep 100000',
    task: everything,
    moved: /file \/etc\/resolv/,
  },
  {
    name: 'a container remade by hand, without its definition',
    role: 'compose-stack',
    command: `cd ${DIR} && export COMPOSE_ENV_FILES=.env,.ref.env && sed 's/trueup.definition: .*/trueup.definition: mine/' docker-compose.yml >docker-compose.hand.yml && docker compose -f docker-compose.hand.yml -f docker-compose.prod.yml up -d --no-deps frontend; rm docker-compose.hand.yml`,
    task: everything,
    moved: anew('frontend'),
  },
  {
    name: 'a compose file edited, its size and time kept',
    role: 'compose-stack',
    command: `cd ${DIR} && cp -p docker-compose.yml /run/old && sed -i s/127.0.0.1:5432/127.0.0.2:5432/ docker-compose.yml && touch -r /run/old docker-compose.yml`,
    task: `file ${DIR}/docker-compose.yml`,
  },
  {
    name: 'passwords opened to everybody',
    role: 'compose-stack',
    command: `chmod 0644 ${DIR}/.env`,
    task: `file ${DIR}/.env`,
  },
  {
    name: 'a password changed',
    role: 'compose-stack',
    command: `sed -i s/sandbox-redis/hacked-redis/ ${DIR}/.env`,
    task: `file ${DIR}/.env`,
  },
  {
    name: 'a script edited',
    role: 'compose-stack',
    command: `sed -i s/pg_dump/true/ ${DIR}/scripts/backup.sh`,
    task: `file ${DIR}/scripts/backup.sh`,
  },
  {
    name: 'a link of the application removed',
    role: 'compose-stack',
    command: `rm ${DIR}/backend`,
    task: `link ${DIR}/backend`,
  },
]
