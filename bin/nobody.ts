/** An inventory of one host, with what no role does without; there is nothing behind it. */
export const nobody = (port: number): string => `site: { domain: example.org, project: example, dir: /srv/example }
hosts:
  there: { address: 127.0.0.1, port: ${port}, hostKey: 'SHA256:${'A'.repeat(43)}' }
vars:
  base-ubuntu: { swap: 0 }
  compose-stack:
    repository: { url: /srv/example.git, knownHosts: [] }
    env:
      POSTGRES_PASSWORD: &any nobody has it
      NEO4J_PASSWORD: *any
      MONGO_PASSWORD: *any
      REDIS_PASSWORD: *any
      MINIO_ROOT_PASSWORD: *any
  monitoring: { grafana: { password: *any }, postgres: { password: *any }, redis: { password: *any } }
`
