// Layers of images, built once for the machine and kept under a hash of what they are made of.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import pLimit from 'p-limit'
import { sourceLines } from '../aptcache.ts'
import { aptOptions } from '../base.ts'
import { cache } from '../paths.ts'
import { release } from '../release.ts'
import { $, say } from '../shell.ts'
import type { Layer } from './image.ts'
import { EXCLUDED, type LayerName, PACKAGES } from './packages.ts'

const CODENAME = 'trixie'
const dir = `${cache}/registry`
const script = fileURLToPath(new URL('layer.sh', import.meta.url))
const hook = fileURLToPath(new URL('base.sh', import.meta.url))

/** A short name for whatever a layer is made of. */
export const hash = (parts: readonly (string | Buffer)[]): string => {
  const sum = createHash('sha256')
  for (const part of parts) sum.update(part).update('\0')
  return sum.digest('hex').slice(0, 12)
}

/** A layer that was made before. */
export const read = async (file: string): Promise<Layer> => {
  const sum = async (suffix: string) => `sha256:${(await readFile(`${file}.${suffix}`, 'utf8')).trim()}`
  const [digest, diffId, { size }] = await Promise.all([sum('digest'), sum('diff'), stat(file)])
  return { digest, diffId, size, content: { file } }
}

/** Where the layers are kept. */
export const layersDir = `${dir}/layers`

/** Makes a layer: of what installing packages on top of a tree changes, or of the tree itself. */
export const pack = (tree: string, file: string, packages: readonly string[] = []) =>
  $`unshare --mount ${script} ${tree} ${file} ${packages}`

const buildBase = async (tree: string, options: readonly string[]): Promise<void> => {
  const { archives } = await release(CODENAME)
  await $`rm -rf --one-file-system ${tree} ${tree}.unfinished`
  const args = [
    ...['--mode=root', '--variant=minbase', '--dpkgopt=force-unsafe-io', `--include=${PACKAGES.base.join(',')}`],
    ...EXCLUDED.map((path) => `--dpkgopt=path-exclude=${path}`),
    ...options.map((option) => `--aptopt=${option}`),
    `--customize-hook=${hook}`,
    '--skip=cleanup/apt/lists',
  ]
  await $`mmdebstrap ${args} ${CODENAME} ${tree}.unfinished ${sourceLines(archives, CODENAME, '127.0.0.1')}`
  await rename(`${tree}.unfinished`, tree)
}

// Downloading, unpacking and compressing: more at once only get in each other's way.
const atOnce = pLimit(2)

/**
 * The layers made of packages; what is missing is built, in about a minute. To be called with the lock `images` held
 * while the apt cache runs.
 * @throws SandboxError on a machine whose mirror has no Debian 13
 */
export const packageLayers = async (): Promise<Record<LayerName, Layer>> => {
  const options = await aptOptions()
  const base = hash([CODENAME, ...PACKAGES.base, ...EXCLUDED, ...options, await readFile(hook), await readFile(script)])
  const tree = `${dir}/base-${base}`
  const file = (name: LayerName) => `${layersDir}/${name}-${hash([base, ...PACKAGES[name]])}.tar.zst`
  await mkdir(layersDir, { recursive: true })
  if (!existsSync(tree)) {
    say(`building the images' layers in ${cache} (once, about a minute)`)
    await buildBase(tree, options)
  }
  const layer = async (name: LayerName) => {
    if (!existsSync(file(name))) await pack(tree, file(name), name === 'base' ? [] : PACKAGES[name])
    return [name, await read(file(name))] as const
  }
  const names = Object.keys(PACKAGES) as LayerName[]
  return Object.fromEntries(await Promise.all(names.map((name) => atOnce(() => layer(name))))) as Record<
    LayerName,
    Layer
  >
}
