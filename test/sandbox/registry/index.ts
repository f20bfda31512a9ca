/** A real registry on the sandbox's bridge, with images under the names of production; no traffic leaves the machine. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { onGround } from '../ground.ts'
import { locked } from '../lock.ts'
import { cache } from '../paths.ts'
import { $, SandboxError, say } from '../shell.ts'
import { CATALOG } from './catalog.ts'
import { push, removeBlob } from './client.ts'
import { filesLayer } from './files.ts'
import { image } from './image.ts'
import { packageLayers } from './layers.ts'
import { reference } from './names.ts'
import { checkoutRegistry, filling, serve } from './server.ts'

export { stopRegistry } from './server.ts'

/** Every image by its names, with the layers that this takes. To be called with the lock `images` held. */
const build = async () => {
  const layers = await packageLayers()
  const built = []
  for (const { names, layer, files, config } of CATALOG) {
    const parts = [
      layers.base,
      ...(layer === 'base' ? [] : [layers[layer]]),
      ...(files ? [await filesLayer(files)] : []),
    ]
    built.push({ names, ...image(parts, config) })
  }
  return built
}

type Built = Awaited<ReturnType<typeof build>>

// The same for as long as this process lives.
let made: Promise<Built> | undefined
const built = (): Promise<Built> => (made ??= locked('images', build))

// One folder for each content of the registry: what one checkout serves does not change under another.
const fill = async (images: Built): Promise<string> => {
  const recipe = images.map(({ names, manifest }) => names.join(' ') + manifest.toString()).join('\n')
  const storage = `${cache}/registry/store-${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`
  if (existsSync(storage)) return storage
  say(`filling the registry with ${images.length} images`)
  await $`rm -rf ${storage}.unfinished && mkdir -p ${storage}.unfinished`
  await filling(`${storage}.unfinished`, async (registry) => {
    const seen = new Map<string, string>()
    for (const { names, ...image } of images) await push(registry, image, names.map(reference), seen)
  })
  await rename(`${storage}.unfinished`, storage)
  return storage
}

/**
 * Makes sure that the checkout's registry serves every image of the catalog; what is missing is built, once for the
 * machine (about a minute). For when a host is up: the registry goes with the last one.
 * @throws SandboxError on a machine whose mirror has no Debian 13
 */
export const images = async (): Promise<void> => {
  await onGround(undefined, async () => {})
  const all = await built()
  const storage = await locked('images', () => fill(all))
  await locked('ground', () => serve(storage))
}

/** Starts the registry again after `stopRegistry`. */
export const startRegistry = images

const find = async (name: string) => {
  const found = (await built()).find(({ names }) => names.includes(name))
  if (!found) throw new SandboxError(`${name} is not in the catalog (test/sandbox/registry/catalog.ts)`, 64)
  return found
}

/** Breaks an image in the registry: pulling it fails in the middle, on a host that does not have it yet. */
export const breakBlob = async (name: string): Promise<void> => {
  const { config } = await find(name)
  await removeBlob(await checkoutRegistry(), reference(name).repository, config.digest)
}

/** Puts an image of the catalog into the registry, whole, under its own name or another: mends it, or adds a tag. */
export const publish = async (name: string, as = name): Promise<void> =>
  push(await checkoutRegistry(), await find(name), [reference(as)])
