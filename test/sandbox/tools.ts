// Programs the sandbox runs itself, taken out of their packages.
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { cache } from './paths.ts'
import { $, say } from './shell.ts'

/**
 * The path of a program from a Debian package. Only unpacked, never installed: a package's own daemon would start as a
 * service of the machine. To be called with the lock `ground` or `images` held.
 * @param path of the program in the package
 * @throws ProcessOutput when apt cannot fetch it
 */
export const unpacked = async (name: string, path: string): Promise<string> => {
  const tools = `${cache}/tools/${name}`
  const binary = `${tools}/${path}`
  if (existsSync(binary)) return binary
  say(`fetching ${name} (unpacked, not installed)`)
  await mkdir(tools, { recursive: true })
  await $({
    cwd: tools,
  })`apt-get -q update && apt-get -q -o APT::Sandbox::User=root download ${name} && dpkg -x ${name}_*.deb .`
  return binary
}
