// A stand-in for the application that production clones: a repository with as many releases as a test wants.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $, SandboxError } from './shell.ts'
import { ssh } from './ssh.ts'

/** What can be wrong with a release: answers 503, dies again and again, ends at once, or takes five minutes to start. */
export type Fault = 'unhealthy' | 'crash' | 'exit' | 'slow'

/** A commit of the application. `version` is what its /health says. */
export type Release = { version: string; fault?: Fault }

/** Where the repository is on a host: `git clone /srv/git/app.git`. */
export const REPOSITORY = '/srv/git/app.git'

const source = fileURLToPath(new URL('app', import.meta.url))

// The same releases are the same commits, wherever and whenever they are made.
const env = (minute: number) => {
  const date = `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`
  const who = { NAME: 'Sandbox', EMAIL: 'sandbox@example.test', DATE: date }
  const people = ['AUTHOR', 'COMMITTER'].flatMap((role) =>
    Object.entries(who).map(([key, value]) => [`GIT_${role}_${key}`, value] as const),
  )
  return { PATH: process.env['PATH'], HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', ...Object.fromEntries(people) }
}

const commits = async (dir: string, releases: readonly Release[]): Promise<string[]> => {
  const hashes: string[] = []
  const tree = join(dir, 'tree')
  await $`cp -rT ${source} ${tree} && git init -q -b main ${tree}`
  for (const [minute, { version, fault = '' }] of releases.entries()) {
    const git = $({ cwd: tree, env: env(minute) })
    await writeFile(join(tree, 'backend/app/release.json'), `${JSON.stringify({ version, fault })}\n`)
    await git`git add --all . && git commit -q --allow-empty -m ${`release ${version}`}`
    hashes.push((await git`git rev-parse HEAD`).stdout.trim())
  }
  await $`git clone -q --bare ${tree} ${join(dir, 'app.git')} && tar -C ${dir} -czf ${join(dir, 'app.tar.gz')} --owner=0 --group=0 app.git`
  return hashes
}

/**
 * Puts a bare repository of the application on a host, in `REPOSITORY`, in place of one that is there; branch `main` is at
 * the last release. The first releases of a longer list are the same commits again.
 * @returns the commits' hashes, in the order of `releases`
 * @throws SandboxError when the host does not take it
 */
export const appRepository = async (
  host: string,
  releases: readonly Release[] = [{ version: '1' }],
): Promise<string[]> => {
  const dir = await mkdtemp(join(tmpdir(), 'trueup-app-'))
  try {
    const hashes = await commits(dir, releases)
    const input = (await readFile(join(dir, 'app.tar.gz'))).toString('base64')
    const unpack = `set -e; mkdir -p ${REPOSITORY}; cd ${REPOSITORY}/..; rm -rf app.git; base64 -d | tar -xz`
    const { code, stderr } = await ssh(host, unpack, { input })
    if (code !== 0) throw new SandboxError(`${host} does not take the application: ${stderr}`)
    return hashes
  } finally {
    await rm(dir, { recursive: true })
  }
}
