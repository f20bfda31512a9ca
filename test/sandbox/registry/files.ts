// The smallest layer of an image: its own files, the links to them, and the folders of its volumes.
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $ } from '../shell.ts'
import type { Files } from './catalog.ts'
import type { Layer } from './image.ts'
import { hash, layersDir, pack, read } from './layers.ts'

const folderOf = (tree: string) => fileURLToPath(new URL(`files/${tree}`, import.meta.url))

const contents = async (tree: string): Promise<(string | Buffer)[]> => {
  const root = folderOf(tree)
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath}/${entry.name}`)
  const parts = paths.sort().map(async (path) => {
    const { mode } = await stat(path)
    return [relative(root, path), mode & 0o111 ? 'program' : 'file', await readFile(path)]
  })
  return (await Promise.all(parts)).flat()
}

/** The layer of an image's own files. To be called with the lock `images` held. */
export const filesLayer = async ({ trees = [], links = {}, folders = {} }: Files): Promise<Layer> => {
  const parts = await Promise.all(trees.map(contents))
  const file = `${layersDir}/files-${hash([JSON.stringify({ links, folders }), ...parts.flat()])}.tar.zst`
  if (existsSync(file)) return read(file)

  const stage = `${layersDir}/stage`
  await $`rm -rf ${stage} && mkdir -p ${stage}`
  for (const tree of trees) await $`cp -rT ${folderOf(tree)} ${stage}`
  for (const [path, target] of Object.entries(links)) {
    await $`mkdir -p ${dirname(stage + path)} && ln -s ${target} ${stage + path}`
  }
  await $`chown -R root:root ${stage}`
  for (const [path, owner] of Object.entries(folders)) await $`install -d -o ${owner} -g ${owner} ${stage + path}`
  // Times are not content: the same files give the same layer.
  await $`find ${stage} -exec touch --no-dereference --date=2026-01-01T00:00:00Z {} +`
  await pack(stage, file)
  await $`rm -rf ${stage}`
  return read(file)
}
