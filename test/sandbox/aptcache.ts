// A caching nginx between the hosts and the machine's mirror: one for the machine, shared by its checkouts.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { endGroup, running, startInGroup } from './group.ts'
import { aptSettings } from './machine.ts'
import { cache } from './paths.ts'
import { $, SandboxError } from './shell.ts'
import type { Archive } from './sources.ts'
import { unpacked } from './tools.ts'

const GROUP = 'trueup-sandbox-apt'
/** TCP port of the cache, on every bridge and on the loopback. */
export const PORT = 3177

const dir = `${cache}/apt`
const confFile = `${dir}/nginx.conf`

/** The path under which an archive is found on the cache: its own last folder, e.g. `debian-security`. */
export const archivePath = (archive: Archive, archives: readonly Archive[]): string => {
  const name = ({ uri }: Archive) => uri.split('/').at(-1) ?? ''
  const same = archives.filter((other) => name(other) === name(archive))
  return same.length === 1 ? name(archive) : `${name(archive)}-${archives.indexOf(archive)}`
}

/** Apt's one-line sources of `codename`, through the cache at `address`. */
export const sourceLines = (archives: readonly Archive[], codename: string, address: string): string[] =>
  archives.flatMap((archive) =>
    archive.suffixes.map((suffix) =>
      [
        'deb',
        `http://${address}:${PORT}/${archivePath(archive, archives)}`,
        codename + suffix,
        ...archive.components,
      ].join(' '),
    ),
  )

const config = (archives: readonly Archive[]) => `# Written by the sandbox.
user root;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log warn;
worker_processes 1;
events { worker_connections 512; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${dir}/temp;`).join(' ')}
  proxy_cache_path ${dir}/files levels=1:2 keys_zone=apt:16m max_size=20g inactive=365d use_temp_path=off;
  proxy_cache apt;
  proxy_cache_lock on;
  proxy_cache_revalidate on;
  proxy_cache_valid 200 10m;
  proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;
  proxy_ignore_headers Cache-Control Expires Vary Set-Cookie;
  proxy_http_version 1.1;
  proxy_set_header Host $proxy_host;
  proxy_ssl_server_name on;
  server {
    listen ${PORT};
    allow 127.0.0.1; allow 10.77.0.0/16; deny all;
${archives.map((archive) => `    location /${archivePath(archive, archives)}/ { proxy_pass ${archive.uri}/; }`).join('\n')}
  }
}
`

const nginx = async (): Promise<string> => {
  const installed = await $`command -v nginx`.nothrow()
  return installed.exitCode === 0 ? installed.stdout.trim() : unpacked('nginx', 'usr/sbin/nginx')
}

/**
 * Makes sure that the cache serves `archives`.
 * @throws SandboxError where the machine reaches its mirror through a proxy, which the cache cannot do.
 */
export const startAptCache = async (archives: readonly Archive[]): Promise<void> => {
  const [proxy] = await aptSettings('Acquire::http::Proxy')
  if (proxy) throw new SandboxError(`apt goes through a proxy here, which the sandbox cannot do yet: ${proxy}`)
  const wanted = config(archives)
  const current = await readFile(confFile, 'utf8').catch(() => '')
  if ((await running(GROUP)) && current === wanted) return
  await endGroup(GROUP)
  await mkdir(`${dir}/temp`, { recursive: true })
  await writeFile(confFile, wanted)
  await startInGroup(GROUP, [await nginx(), '-e', `${dir}/error.log`, '-c', confFile])
}

/** Ends the cache; its files stay. */
export const stopAptCache = (): Promise<void> => endGroup(GROUP)
