import { createInterface } from 'node:readline/promises'
import type { Host } from '../../inventory/host.ts'
import { resolveHosts } from '../../inventory/vars.ts'
import { UnreachableError } from '../session/session.ts'
import { selection } from './hosts.ts'
import type { Invocation } from './options.ts'
import { UsageError } from './usage.ts'

/** Shows the key of a host and, when the person agrees, remembers it in known_hosts. */
export const trust = async ({ words, options }: Invocation): Promise<number> => {
  const { inventory, names } = selection(options.inventory, words[0])
  let exitCode = 0
  for (const host of await resolveHosts(inventory, names)) {
    if (!(await trustOne(host, options.yes))) exitCode = 1
  }
  return exitCode
}

const trustOne = async (host: Host, yes: boolean): Promise<boolean> => {
  if (host.connection === 'local') throw new UsageError(`${host.name} is this machine; it has no host key`)
  const { fetchHostKey, trustHostKey } = await import('../session/ssh/trust.ts')
  const key = await fetchHostKey(host)
  say(`${key.host} shows this key:`, `  ${key.type}  ${key.fingerprint}`)
  if (host.hostKey !== undefined && host.hostKey !== key.fingerprint)
    throw new UnreachableError(`${host.name}: the inventory's hostKey is another one, ${host.hostKey}`)
  const same = key.known.find((entry) => entry.same)
  if (same !== undefined) {
    say(`It is known already: ${same.where}`)
    return true
  }
  if (key.known.length === 0 && !yes && !(await agreed())) {
    say('Nothing was written.')
    return false
  }
  await trustHostKey(key)
  say(`Written to ${key.file}`)
  return true
}

const say = (...lines: readonly string[]) => process.stdout.write(lines.map((line) => `${line}\n`).join(''))

/** @throws UsageError where nobody can be asked */
const agreed = async (): Promise<boolean> => {
  if (!process.stdin.isTTY) throw new UsageError('nobody can be asked here; compare the key and say --yes')
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await prompt.question('Does the host itself say so (ssh-keygen -lf /etc/ssh/ssh_host_*.pub)? [y/N] ')
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    prompt.close()
  }
}
