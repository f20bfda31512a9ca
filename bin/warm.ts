/**
 * Lets V8 compile the built program for whoever starts it first: it goes once through what every run goes through, and
 * keeps what V8 has made of that beside the program (loader.ts). It changes nothing: a dry run, of this machine and of a host that only says
 * that it is there.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nobody } from './nobody.ts'

/** Milliseconds after which it has been long enough. */
const PATIENCE = 60_000

/** Runs the program once; where that does not work, the first start by a person does the same. */
const dryRun = async (program: string, file: string, env: NodeJS.ProcessEnv): Promise<void> => {
  const args = [program, '--role', 'all', '--dry-run', '-i', file]
  const child = spawn(process.execPath, args, { env, stdio: 'ignore', timeout: PATIENCE })
  await once(child, 'close')
}

/** @param folder - where `run.js` has been built */
export const warm = async (folder: string): Promise<void> => {
  const made = await mkdtemp(join(tmpdir(), 'trueup-build-'))
  const there = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.destroy())
    socket.write('SSH-2.0-nobody\r\n')
  })
  there.listen(0, '127.0.0.1')
  await once(there, 'listening')
  try {
    const file = join(made, 'inventory.yml')
    await writeFile(file, nobody((there.address() as AddressInfo).port))
    const pieces = join(folder, 'run')
    const env = { PATH: process.env['PATH'], HOME: made, TRUEUP_LOCAL_ROOT: made, TRUEUP_CACHE: pieces }
    await dryRun(join(folder, 'run.js'), file, env)
    await readable(pieces)
  } finally {
    there.close()
    await rm(made, { recursive: true, force: true })
  }
}

/** The program is for everybody who may run it. */
const readable = async (pieces: string): Promise<void> => {
  for (const { name, parentPath } of await readdir(pieces, { withFileTypes: true, recursive: true })) {
    const path = join(parentPath, name)
    await chmod(path, name.endsWith('.js') ? 0o644 : 0o755)
  }
}
