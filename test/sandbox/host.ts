// The record of a host: what is fixed for its life. Addresses follow from its number and the bridge.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { freeIndex } from './address.ts'
import { hostDir, state } from './paths.ts'
import { SandboxError } from './shell.ts'

const Host = z.object({
  name: z.string(),
  /** Its number on the bridge. */
  index: z.number(),
  os: z.string(),
  /** The base image below its disk. */
  base: z.string(),
  /** Snapshot layers between base image and disk, oldest first. */
  layers: z.array(z.string()),
})

export type Host = z.infer<typeof Host>

const NAME = /^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/

/** @throws SandboxError (exit 64) for what cannot be a host name. */
export const checkName = (name: string): void => {
  if (!NAME.test(name)) {
    throw new SandboxError(`${name}: a host name is a-z, 0-9 and -, begins with a letter, 32 characters at most`, 64)
  }
}

const recordFile = (name: string) => `${hostDir(name)}/host.json`

/** The host of that name, if it was made here. */
export const findHost = async (name: string): Promise<Host | undefined> => {
  const text = await readFile(recordFile(name), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : Host.parse(JSON.parse(text))
}

/** The host of that name. @throws SandboxError naming the hosts there are. */
export const getHost = async (name: string): Promise<Host> => {
  const host = await findHost(name)
  if (host) return host
  const names = (await allHosts()).map((other) => other.name)
  throw new SandboxError(`there is no host ${name}: ${names.length ? `there is ${names.join(', ')}` : 'none is up'}`)
}

/** Every host of this checkout, by name. */
export const allHosts = async (): Promise<Host[]> => {
  const names = await readdir(`${state}/hosts`).catch(() => [])
  const hosts = await Promise.all(names.sort().map(findHost))
  return hosts.filter((host) => host !== undefined)
}

/** Writes a host's record, whole or not at all. */
export const saveHost = async (host: Host): Promise<void> => {
  await mkdir(hostDir(host.name), { recursive: true, mode: 0o700 })
  await writeFile(`${recordFile(host.name)}.new`, `${JSON.stringify(host, null, 2)}\n`)
  await rename(`${recordFile(host.name)}.new`, recordFile(host.name))
}

/** A new host with a free number. To be called with the lock held. */
export const createHost = async (name: string, os: string, base: string): Promise<Host> => {
  const index = freeIndex((await allHosts()).map((other) => other.index))
  const host = { name, index, os, base, layers: [] }
  await saveHost(host)
  return host
}

/** Forgets a host: record, keys, log. */
export const removeHost = (name: string): Promise<void> => rm(hostDir(name), { recursive: true, force: true })
