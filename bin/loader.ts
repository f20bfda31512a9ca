/**
 * What dist/run.js is: it evaluates the pieces of the program, each when it is first asked for, with what V8 has made of
 * them before. A start is mostly reading and compiling; this way it is less of the one and nothing of the other.
 *
 * What V8 has compiled lies beside the pieces (the build puts it there) or, where that is for another Node, in the
 * person's cache folder, from the first run on. It is run without being looked at, so that only such is believed as
 * belongs to this user or to the program's owner, can be written by nobody else, and is whole. Whatever is wrong with it, the
 * program is compiled as if there were none.
 */
import { isAscii } from 'node:buffer'
import * as fs from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
import * as zlib from 'node:zlib'
import { cacheFolder, keep, prepared } from '../lib/cli/cache.ts'

/** Put here by the build: the piece to begin with, and what names this build. */
declare const ENTRY: string
declare const BUILD: string
declare const LATE: readonly string[]
declare const PIECES: Readonly<Record<string, string>>

/** Days after which what another build has left goes. */
const KEPT = 30

type Exports = Record<PropertyKey, unknown>

const pieces = join(__dirname, 'run')
const url = pathToFileURL(__filename).href
const builtin = createRequire(__filename)

/** Tells whether bytes are those that were written: V8 itself does not look. */
const sumOf = (bytes: Buffer): number => zlib.crc32(bytes)

/** Compiled code is for one V8 on one kind of machine, with the same flags. */
const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ').trim()
const kind = [process.version, process.arch, ...(flags === '' ? [] : [Buffer.from(flags).toString('base64url')])].join(
  '-',
)

/** Before Node 20.15 there is no way to tell whether a file is whole, and nothing is kept. */
const folders = (typeof zlib.crc32 === 'function' ? [pieces, cacheFolder(process.env)] : []).flatMap((root) =>
  root === undefined ? [] : [join(root, `${kind}-${BUILD}`)],
)

const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** What was kept of a piece: four bytes of sum, then what V8 made. */
const kept = (file: string, owner: number): Buffer | undefined =>
  attempt(() => {
    const fd = fs.openSync(file, 'r')
    try {
      const { uid, mode, size } = fs.fstatSync(fd)
      if ((uid !== owner && uid !== process.getuid?.()) || (mode & 0o022) !== 0) return undefined
      const bytes = Buffer.allocUnsafeSlow(size)
      if (size < 4 || fs.readSync(fd, bytes) !== size) return undefined
      const code = bytes.subarray(4)
      return bytes.readUInt32LE() === sumOf(code) ? code : undefined
    } finally {
      fs.closeSync(fd)
    }
  })

const summed = (code: Buffer): Buffer => {
  const sum = Buffer.alloc(4)
  sum.writeUInt32LE(sumOf(code))
  return Buffer.concat([sum, code])
}

/** Makes the folder of this build, and removes what builds of long ago have left. */
const begun = (folder: string): void => {
  if (fs.existsSync(folder)) return
  prepared(folder)
  const root = dirname(folder)
  for (const name of fs.readdirSync(root)) {
    const old = Date.now() - fs.statSync(join(root, name)).mtimeMs > KEPT * 86_400_000
    if (old && /^v\d.*-/.test(name)) fs.rmSync(join(root, name), { recursive: true, force: true })
  }
}

const compiled: { readonly name: string; readonly script: Script }[] = []

/** For the next start. */
process.once('exit', () => {
  const folder = folders.at(-1)
  if (compiled.length === 0 || folder === undefined || folders.length < 2) return
  attempt(() => {
    begun(folder)
    for (const { name, script } of compiled) keep(join(folder, name), summed(script.createCachedData()))
  })
})

/** Most pieces are plain ASCII, which is no work to read. */
const textOf = (bytes: Buffer): string => bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')

/** A piece as V8 has compiled it, before or now. */
const scriptOf = (name: string): Script => {
  const filename = join(pieces, name)
  const source = textOf(fs.readFileSync(filename))
  const { uid } = fs.statSync(filename)
  for (const folder of folders) {
    const cachedData = kept(join(folder, name), uid)
    if (cachedData === undefined) continue
    const script = new Script(source, { filename, cachedData })
    if (!script.cachedDataRejected) return script
  }
  const script = new Script(source, { filename })
  compiled.push({ name, script })
  return script
}

type Chunk = (...given: readonly unknown[]) => void

const loaded = new Map<string, Readonly<Record<string, Chunk>>>()

const chunksOf = (piece: string): Readonly<Record<string, Chunk>> => {
  const known = loaded.get(piece)
  if (known !== undefined) return known
  const chunks: Readonly<Record<string, Chunk>> = scriptOf(piece).runInThisContext()
  loaded.set(piece, chunks)
  return chunks
}

const modules = new Map<string, { exports: Exports }>()

const evaluated = (name: string): Exports => {
  const known = modules.get(name)
  if (known !== undefined) return known.exports
  const module: { exports: Exports } = { exports: {} }
  modules.set(name, module)
  chunksOf(PIECES[name] ?? name)[name]?.(module.exports, required, module, __filename, __dirname, url)
  return module.exports
}

/** Something that is only made when it is looked into. */
const deferred = (make: () => Exports): Exports =>
  new Proxy<Exports>(
    {},
    {
      get: (_, key) => make()[key],
      has: (_, key) => key in make(),
      ownKeys: () => Reflect.ownKeys(make()),
      getOwnPropertyDescriptor: (_, key) => {
        const found = Reflect.getOwnPropertyDescriptor(make(), key)
        return found && { ...found, configurable: true }
      },
    },
  )

/** Named by much and used by little: reading a role needs none of them. */
const late = (id: string): boolean => /^(?:node:)?(?:child_process|crypto|fs\/promises)$/.test(id) || LATE.includes(id)

const required = (id: string): unknown => {
  const piece = id.startsWith('./') && id.endsWith('.js')
  const make = () => (piece ? evaluated(`${id.slice(2)}`) : builtin(id)) as Exports
  return late(id) ? deferred(make) : make()
}

evaluated(ENTRY)
