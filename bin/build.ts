/**
 * Builds the program: `dist/run.js`, which is all that one calls, and beside it in `dist/run/` the pieces that it
 * evaluates when they are needed, with what V8 has made of them (loader.ts). Starting it reads a few of those instead of
 * a thousand files.
 */
import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin, transform } from 'esbuild'
import * as z from 'zod'
import { piecesOf } from './pieces.ts'
import { warm } from './warm.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const common = { platform: 'node', target: 'node20', minify: true, legalComments: 'none', lineLimit: 160 } as const
const bundled = { ...common, absWorkingDir: root, bundle: true, write: false, logLevel: 'warning' } as const

/** What roles import and use only once their tasks are made: pieces of their own, evaluated when they are first used. */
const LATE = ['yaml']

const late: Plugin = {
  name: 'late',
  setup: ({ onResolve }) => {
    onResolve({ filter: new RegExp(`^(?:${LATE.join('|')})$`) }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path: `./${path}.js`, external: true },
    )
  },
}

/** Of ssh2: the other side of a connection, which is nobody's here, and what HTTP needs. They bring half of Node with them. */
const unused: Plugin = {
  name: 'unused',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/ssh2\/lib\/(?:server|http-agents|keygen)\.js$/ }, () => ({ contents: 'module.exports = {}' }))
  },
}

/** A chunk as a function that the loader calls; what it imports is asked for by `require`. */
const asFunction = async (text: string): Promise<string> => {
  const { code } = await transform(text, { ...common, format: 'cjs', supported: { 'dynamic-import': false } })
  return `function(exports,require,module,__filename,__dirname,__url){${code}}`
}

const versionOf = async (): Promise<string> =>
  z.object({ version: z.string() }).parse(JSON.parse(await readFile(`${root}package.json`, 'utf8'))).version

/** Bundles a program as `run.js` in a folder. */
export const bundle = async (entry: string, folder: string): Promise<void> => {
  const outdir = resolve(root, folder, 'run')
  const program = await build({
    ...bundled,
    entryPoints: [{ in: entry, out: 'main' }],
    entryNames: '[name]-[hash]',
    outdir,
    splitting: true,
    metafile: true,
    format: 'esm',
    define: { TRUEUP_VERSION: JSON.stringify(await versionOf()), 'import.meta.url': '__url' },
    external: ['*.node', 'cpu-features'],
    plugins: [late, unused],
  })
  const packages = await build({ ...bundled, entryPoints: LATE, outdir, format: 'cjs' })
  await rm(outdir, { recursive: true, force: true })
  await mkdir(outdir, { recursive: true })
  const chunks = new Map<string, string>()
  for (const { path, text } of [...program.outputFiles, ...packages.outputFiles])
    chunks.set(basename(path), await asFunction(text))
  const pieces = piecesOf(program.metafile, chunks.keys())
  for (const name of new Set(pieces.values())) {
    const members = [...chunks].filter(([chunk]) => pieces.get(chunk) === name)
    await writeFile(
      join(outdir, name),
      `({${members.map(([chunk, text]) => `${JSON.stringify(chunk)}:${text}`).join(',\n')}})`,
    )
  }
  await loader(resolve(root, folder), {
    ENTRY: [...chunks.keys()].find((name) => name.startsWith('main-')),
    BUILD: createHash('sha256')
      .update([...chunks].join())
      .digest('hex')
      .slice(0, 16),
    LATE: LATE.map((name) => `./${name}.js`),
    PIECES: Object.fromEntries(pieces),
  })
}

/** `run.js` itself. It is no module of ECMAScript: Node takes longer to start with one. */
const loader = async (folder: string, names: Readonly<Record<string, unknown>>): Promise<void> => {
  await build({
    ...common,
    absWorkingDir: root,
    bundle: true,
    entryPoints: [{ in: 'bin/loader.ts', out: 'run' }],
    outdir: folder,
    format: 'cjs',
    define: Object.fromEntries(Object.entries(names).map(([name, value]) => [name, JSON.stringify(value)])),
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  })
  await chmod(join(folder, 'run.js'), 0o755)
  await writeFile(join(folder, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await rm(join(root, 'dist'), { recursive: true, force: true })
  await bundle('run.ts', 'dist')
  await warm(join(root, 'dist'))
}
