import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { blob, type Context, sh, type Site, type Task, task } from '../../lib/index.ts'
import * as apt from '../../tasks/apt.ts'
import { file as fileAt } from '../../tasks/path.ts'
import type { Vars } from './vars.ts'

/** Bytes that are sent at once, and at most sent again after a connection was lost. */
const PART = 8 * 1024 * 1024

interface Item {
  /** Below the folder, with slashes. */
  readonly name: string
  readonly path: string
  readonly size: number
}

const items = (folder: string): readonly Item[] => {
  if (!existsSync(folder)) throw new Error(`there is no folder ${folder}`)
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => ({ name, path: join(folder, name) }))
    .flatMap(({ name, path }) => {
      const about = statSync(path)
      if (/[\n\\]/.test(name)) throw new TypeError(`${path}: a data file's name has no line end and no backslash`)
      return about.isFile() ? [{ name, path, size: about.size }] : []
    })
  if (found.length === 0) throw new Error(`there is no file in ${folder}`)
  return found
}

const hashOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Sends one file in parts; those that arrived in an earlier attempt are not sent again. The whole is checked at the end. */
const send = async ({ $, upload }: Context, { name, path, size }: Item, into: string): Promise<void> => {
  const hash = await hashOf(path)
  const target = `${into}/${name}`
  if ((await $`sha256sum < ${target}`.nothrow()).stdout.startsWith(hash)) return
  const parts = `${into}/.incoming/${hash}`
  await $`mkdir -p -- ${parts} "$(dirname -- ${target})"`
  const there = new Set((await $`find ${parts} -type f -printf '%f %s\n'`.text()).split('\n'))
  const count = Math.max(1, Math.ceil(size / PART))
  for (let index = 0; index < count; index += 1) {
    const length = Math.min(PART, size - index * PART)
    const part = String(index).padStart(6, '0')
    if (there.has(`${part} ${length}`)) continue
    const chunks: Buffer[] = []
    const range = { start: index * PART, end: index * PART + length - 1 }
    if (length > 0) for await (const chunk of createReadStream(path, range)) chunks.push(chunk as Buffer)
    const parcel = `${into}/.incoming/${randomUUID()}`
    await upload(blob(Buffer.concat(chunks)), parcel)
    await $`mv -fT -- ${parcel} ${`${parts}/${part}`}`
  }
  const whole = `${parts}.whole`
  await $`cat ${parts}/* > ${whole}`
  if (!(await $`sha256sum < ${whole}`.text()).startsWith(hash)) {
    await $`rm -r -- ${parts} ${whole}`
    throw new Error(`${name} arrived damaged: the next run sends it anew`)
  }
  await $`chmod 0644 ${whole} && mv -fT -- ${whole} ${target} && rm -r -- ${parts}`
}

/** The data set, brought to the host and imported into empty databases, once: import-data.sh leaves a stamp. */
export const imported = ({ data, wait }: Vars, { dir }: Site): Task[] => {
  if (data.import === 'never') return []
  const into = `${dir}/data/ready-for-import`
  return [
    apt.installed(['gdal-bin'], {}, { title: 'apt install gdal' }),
    task({
      title: 'data imported',
      want: fileAt(`${dir}/data/.imported`).is({ type: 'file' }),
      run: async (ctx) => {
        for (const item of items(data.from)) await send(ctx, item, into)
        await ctx.$`rm -rf -- ${`${into}/.incoming`} && ${sh`${dir}/scripts/import-data.sh >&2`}`
      },
      timeout: 4 * 3600 + wait,
    }),
  ]
}
