/**
 * Builds the program as one file, `dist/run.js`: starting it reads that instead of a thousand. What is loaded late in the
 * source (ssh, listr2, age) is in the file as well, and evaluated late.
 */
import { chmod, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import * as z from 'zod'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What bundled CommonJS expects to be there. */
const commonjs = `import { createRequire as __createRequire } from 'node:module'
import { fileURLToPath as __fileURLToPath } from 'node:url'
const require = __createRequire(import.meta.url)
const __filename = __fileURLToPath(import.meta.url)
const __dirname = __fileURLToPath(new URL('.', import.meta.url))`

/** Bundles a program as `run.js` in a folder. */
export const bundle = async (entry: string, folder: string): Promise<void> => {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(`${root}package.json`, 'utf8')))
  await build({
    absWorkingDir: root,
    entryPoints: [{ in: entry, out: 'run' }],
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minify: true,
    legalComments: 'none',
    define: { TRUEUP_VERSION: JSON.stringify(version) },
    external: ['*.node', 'cpu-features'],
    banner: { js: `#!/usr/bin/env node\n${commonjs}` },
    logLevel: 'warning',
  })
  await chmod(join(folder, 'run.js'), 0o755)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await rm(join(root, 'dist'), { recursive: true, force: true })
  await bundle('run.ts', 'dist')
}
