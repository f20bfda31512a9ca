// ---------------------------------------------------------------------------------------------------------------
// What the sandbox's inventory says to the roles, beside the hosts themselves. Edit here; `up` writes it out.
// A host shares its kernel with the machine: no swap, no sysctl outside of net.*, no CPU limits of containers, 20 000 open files.
// ---------------------------------------------------------------------------------------------------------------

/** Shared by all roles. */
export const SITE = { domain: 'moja-dzialka.test', project: 'moja-dzialka', dir: '/root/moja-dzialka' }

/** Nobody has its private half. */
const DEPLOY_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKKXa4qjXjyXfMZqGNUlJ7wcKInzQTCH2chnkNQSBt+I deploy@sandbox'

/** Passwords of throwaway hosts, with what may break a quoting. */
const POSTGRES = 'sandbox $postgres "quoted"'
const REDIS = 'sandbox-redis'

/** By role. */
export const VARS: Record<string, unknown> = {
  'base-ubuntu': { swap: 0, admin: ['10.77.0.0/16', 'fd77::/16'], deploy: { keys: [DEPLOY_KEY] } },
  docker: { nofile: 20_000 },
  nginx: { grafana: { allow: ['198.51.100.90'] } },
  'compose-stack': {
    repository: { url: '/srv/git/app.git', knownHosts: [] },
    size: 'small',
    files: 20_000,
    wait: 120,
    env: {
      POSTGRES_PASSWORD: POSTGRES,
      NEO4J_PASSWORD: 'sandbox-neo4j',
      MONGO_PASSWORD: 'sandbox-mongo',
      REDIS_PASSWORD: REDIS,
      MINIO_ROOT_PASSWORD: 'sandbox-minio',
    },
  },
  monitoring: {
    grafana: { password: 'sandbox $grafana "quoted"' },
    postgres: { password: POSTGRES },
    redis: { password: REDIS },
    // A container in the monitoring's network, which a test may start.
    alerts: { webhook: 'http://receiver:8000/alerts' },
    wait: 120,
  },
}
