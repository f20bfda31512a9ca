// A host's disk: an overlay on the shared base image, so that a bare host costs nothing and a reset is a new upper layer.
// /var/lib/docker and /var/lib/containerd are plain folders beside it, because overlay does not stack on overlay.
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { baseDir } from './base.ts'
import type { Host } from './host.ts'
import { disks } from './paths.ts'
import { $ } from './shell.ts'

const DATA = ['docker', 'containerd']
const PLENTY = 16 * 2 ** 30

// Everything of one host's disk: `upper`, the data folders, and what overlayfs needs.
const diskDir = (name: string) => `${disks}/hosts/${name}`
/** The merged view of a host's disk, as the host sees it. */
export const rootDir = (name: string) => `${diskDir(name)}/root`
/** What a snapshot saved: `upper` and the data folders. */
export const layerDir = (layer: string) => `${disks}/layers/${layer}`
const trash = `${disks}/trash`

const PARTS = ['upper', ...DATA]

/** Options for systemd-nspawn that put the data folders in their places. */
export const binds = (name: string) => DATA.map((data) => `--bind=${diskDir(name)}/${data}:/var/lib/${data}`)

const mountPoints = () => {
  const lines = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  return lines.map((line) => line.split(' ')[1] ?? '')
}

/** Keeps disks in memory where there is plenty (faster by far), else where the checkout is. */
export const prepareDisks = async (): Promise<void> => {
  await mkdir(disks, { recursive: true })
  const inMemory = totalmem() >= PLENTY && process.env['TRUEUP_SANDBOX_DISK'] !== 'disk'
  if (inMemory && !mountPoints().includes(disks)) {
    // Half of the memory is the most that all hosts of a checkout may fill.
    await $`mount -t tmpfs -o size=50%,mode=0755,nr_inodes=0 trueup-sandbox ${disks}`
  }
  await mkdir(trash, { recursive: true })
}

/** Unmounts what is left and gives the space back. Only for when no host lives. */
export const removeDisks = async (): Promise<void> => {
  const ours = mountPoints().filter((path) => path === disks || path.startsWith(`${disks}/`))
  for (const path of ours.reverse()) await $`umount --lazy ${path}`
  await rm(disks, { recursive: true, force: true })
}

/** Whether the host has a disk: a restart of the machine loses those in memory. */
export const hasDisk = (name: string): boolean => existsSync(`${diskDir(name)}/upper`)

/** Gives the host an empty disk. */
export const blankDisk = async (name: string): Promise<void> => {
  await removeDisk(name)
  await $`mkdir -p ${['work', 'root', ...PARTS].map((part) => `${diskDir(name)}/${part}`)}`
}

// Out of the way at once; deleting takes its time.
const discard = async (path: string) => {
  if (existsSync(path)) await rename(path, `${trash}/${randomUUID()}`)
}

/** Takes the host's disk away. */
export const removeDisk = async (name: string): Promise<void> => {
  await unmountRoot(name)
  await discard(diskDir(name))
}

/** Turns the disk of a host that is off into a layer; the host has none afterwards. */
export const keepLayer = async (name: string, layer: string): Promise<void> => {
  await mkdir(layerDir(layer), { recursive: true })
  for (const part of PARTS) await rename(`${diskDir(name)}/${part}`, `${layerDir(layer)}/${part}`)
  await removeDisk(name)
}

/** Copies a layer's data folders, which no overlay can share, to the disk of a host that is off. */
export const fillData = async (name: string, layer: string): Promise<void> => {
  for (const data of DATA) await $`cp -a --reflink=auto ${layerDir(layer)}/${data}/. ${diskDir(name)}/${data}`
}

/** Takes the layers away that `unused` says nobody needs. */
export const removeLayers = async (unused: (layer: string) => boolean): Promise<void> => {
  const layers = await readdir(layerDir('')).catch(() => [])
  await Promise.all(layers.filter(unused).map((layer) => discard(layerDir(layer))))
}

/** Deletes what was taken away. */
export const emptyTrash = async (): Promise<void> => {
  await $`find ${trash} -xdev -mindepth 1 -delete`.nothrow()
}

/** Mounts the merged view of a host's disk. */
export const mountRoot = async ({ name, base, layers }: Host): Promise<void> => {
  if (mountPoints().includes(rootDir(name))) return
  const lower = [...layers.map((layer) => `${layerDir(layer)}/upper`).reverse(), baseDir(base)].join(':')
  const disk = `lowerdir=${lower},upperdir=${diskDir(name)}/upper,workdir=${diskDir(name)}/work`
  // Layers are moved and stacked again by snapshots: no features that tie a layer to where it was.
  await $`mount -t overlay -o ${disk},index=off,redirect_dir=off,metacopy=off trueup-sandbox ${rootDir(name)}`
}

/** Unmounts it; what still has a file open keeps it until it ends. */
export const unmountRoot = async (name: string): Promise<void> => {
  if (mountPoints().includes(rootDir(name))) await $`umount --lazy ${rootDir(name)}`
}
