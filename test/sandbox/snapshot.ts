// A snapshot is the host's own layers, kept: saving moves them, and going back stacks a new one on top of them.
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { powerOff, shutDown } from './boot.ts'
import { blankDisk, emptyTrash, fillData, keepLayer, layerDir, mountRoot, removeLayers, unmountRoot } from './disk.ts'
import { onGround } from './ground.ts'
import { allHosts, getHost, type Host, saveHost } from './host.ts'
import { writeIdentity } from './identity.ts'
import { bootAgain } from './life.ts'
import { locked } from './lock.ts'
import { hostDir, machineName } from './paths.ts'
import { SandboxError } from './shell.ts'

const Snapshot = z.object({ os: z.string(), base: z.string(), layers: z.array(z.string()) })
type Snapshot = z.infer<typeof Snapshot>

const dir = (name: string) => `${hostDir(name)}/snapshots`
const file = (name: string, label: string) => `${dir(name)}/${encodeURIComponent(label)}.json`

const read = async (path: string): Promise<Snapshot> => Snapshot.parse(JSON.parse(await readFile(path, 'utf8')))

const labels = (name: string) => readdir(dir(name)).catch(() => [])

/** Whether the host has a snapshot of that label; a restart of the machine loses those in memory. */
export const hasSnapshot = async (name: string, label: string): Promise<boolean> => {
  const saved = await read(file(name, label)).catch(() => undefined)
  return saved?.layers.every((layer) => existsSync(layerDir(layer))) ?? false
}

// A layer may be below several snapshots and hosts: it goes when none is left.
const collect = async (): Promise<void> => {
  const used = new Set<string>()
  for (const host of await allHosts()) {
    const saved = await Promise.all((await labels(host.name)).map((label) => read(`${dir(host.name)}/${label}`)))
    for (const { layers } of [host, ...saved]) for (const layer of layers) used.add(layer)
  }
  await removeLayers((layer) => !used.has(layer))
  await emptyTrash()
}

const locate = async (name: string, label: string): Promise<Snapshot> => {
  if (await hasSnapshot(name, label)) return read(file(name, label))
  const there = (await labels(name)).map((entry) => decodeURIComponent(entry.replace(/\.json$/, '')))
  throw new SandboxError(`${name} has no snapshot ${label}: it has ${there.join(', ') || 'none'}`)
}

/**
 * Saves everything on the host's disk, Docker's data included, under a label; the host is shut down and started again.
 * @throws SandboxError when there is no such host
 */
export const snapshot = (name: string, label: string): Promise<void> =>
  locked(machineName(name), async () => {
    const host = await getHost(name)
    await shutDown(host)
    await unmountRoot(name)
    const layer = randomUUID()
    await keepLayer(name, layer)
    const saved: Host = { ...host, layers: [...host.layers, layer] }
    await saveHost(saved)
    await mkdir(dir(name), { recursive: true })
    await writeFile(file(name, label), JSON.stringify({ os: saved.os, base: saved.base, layers: saved.layers }))
    await blankDisk(name)
    await fillData(name, layer)
    await onGround(host.os, (ground) => bootAgain(saved, ground))
  })

/**
 * Puts the host back to a snapshot and starts it.
 * @param options.from the host that the snapshot was taken of, when it is another one; the name and keys stay its own
 * @throws SandboxError when there is no such snapshot
 */
export const restore = (name: string, label: string, { from = name } = {}): Promise<void> =>
  locked(machineName(name), async () => {
    const host = await getHost(name)
    const saved = await locate(from, label)
    const restored: Host = { ...host, ...saved }
    await powerOff(host)
    await blankDisk(name)
    await saveHost(restored)
    const top = saved.layers.at(-1)
    if (top) await fillData(name, top)
    await mountRoot(restored)
    await onGround(saved.os, async (ground) => {
      if (from !== name) await writeIdentity(restored, ground.release, ground.subnet)
      await bootAgain(restored, ground)
      await collect()
    })
  })
