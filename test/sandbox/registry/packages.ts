// What is in the images, by layer; real programs come from Debian 13 as they are.

/** The layers that are built from packages; all of them lie on `base`. */
export const PACKAGES = {
  base: ['busybox', 'ca-certificates', 'curl', 'procps', 'python3', 'wget'],
  postgres: ['postgresql-17', 'postgresql-17-postgis-3', 'postgresql-17-postgis-3-scripts'],
  app: [...['python3-pip', 'python3-fastapi', 'gunicorn', 'uvicorn', 'python3-websockets', 'celery', 'python3-redis']],
  monitoring: [
    ...['prometheus', 'prometheus-alertmanager', 'prometheus-node-exporter'],
    ...['prometheus-postgres-exporter', 'prometheus-redis-exporter', 'prometheus-nginx-exporter'],
  ],
  etcd: ['etcd-server', 'etcd-client'],
  redis: ['redis-server', 'redis-tools'],
  nginx: ['nginx'],
} as const

export type LayerName = keyof typeof PACKAGES

/** What nobody misses in a container; PostgreSQL's compiler for queries (libLLVM) is the largest by far. */
export const EXCLUDED = [
  ...['doc', 'info', 'locale', 'man', 'fonts', 'javascript'].map((dir) => `/usr/share/${dir}/*`),
  ...['libLLVM', 'libz3'].map((name) => `/usr/lib/*/${name}*`),
  // And whatever uses it.
  ...['llvmjit', 'bitcode'].map((name) => `/usr/lib/postgresql/*/lib/${name}*`),
]
