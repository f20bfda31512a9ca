// The root file system that all hosts of a release share as their read-only lower layer: made once per recipe, kept.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { sourceLines } from './aptcache.ts'
import { aptSettings } from './machine.ts'
import { cache } from './paths.ts'
import type { Release } from './release.ts'
import { $, say } from './shell.ts'

// What a plain cloud image has. No python: the project under test must not need any.
const PACKAGES = [
  ...['systemd', 'systemd-sysv', 'dbus', 'libpam-systemd', 'openssh-server', 'sudo', 'ca-certificates', 'cron', 'curl'],
  ...['iproute2', 'iputils-ping', 'iptables', 'nftables', 'logrotate', 'netbase', 'procps', 'tzdata'],
]

const hook = fileURLToPath(new URL('base.sh', import.meta.url))

/** Apt's settings that a mirror older than its signature allows needs: whoever uses the machine's must accept that too. */
export const aptOptions = async (): Promise<string[]> => {
  const settings = ['Acquire::Check-Valid-Until', 'Acquire::Check-Date'].map(aptSettings)
  return (await Promise.all(settings)).flat().filter((line) => line.endsWith('"false";'))
}

/**
 * Makes the base image of a release if its recipe changed, and returns its name (a folder below `baseDir`).
 * Takes about a minute when nothing is cached. @throws ProcessOutput when mmdebstrap fails.
 */
export const ensureBase = async ({ codename, family, archives }: Release): Promise<string> => {
  const options = await aptOptions()
  const recipe = [codename, ...PACKAGES, ...options, await readFile(hook, 'utf8')].join('\n')
  const name = `${codename}-${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`
  if (existsSync(baseDir(name))) return name

  say(`building the ${codename} base image in ${cache} (once, about a minute)`)
  const unfinished = `${baseDir(name)}.unfinished`
  // A build that was cut off may have left things mounted in there.
  await $`rm -rf --one-file-system ${unfinished}`
  await mkdir(baseDir('.'), { recursive: true })
  const args = [
    // An image that is thrown away when its build is cut off needs no fsync of every file.
    ...['--mode=root', '--variant=minbase', '--dpkgopt=force-unsafe-io', `--include=${PACKAGES.join(',')}`],
    ...options.map((option) => `--aptopt=${option}`),
    ...(family === 'ubuntu' ? ['--keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg'] : []),
    `--customize-hook=${hook}`,
  ]
  await $`mmdebstrap ${args} ${codename} ${unfinished} ${sourceLines(archives, codename, '127.0.0.1')}`
  await rename(unfinished, baseDir(name))
  return name
}

/** The folder of a base image. */
export const baseDir = (name: string) => `${cache}/base/${name}`
