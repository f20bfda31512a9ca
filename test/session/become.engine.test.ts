import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blob, raw, Secret } from '../../lib/index.ts'
import { openSession } from '../../lib/session/open.ts'
import { fingerprint } from '../../lib/session/ssh/known-hosts.ts'
import { keyIn, makeHost, scratch, sshConfigIn } from './hosts.ts'
import { newKey, startSshd } from './sshd.ts'

const dir = scratch()
const hostKey = newKey()
const mine = newKey()
const identityFile = keyIn(dir, 'mine', mine.private)

/** Programs that behave as sudo does, in a folder that comes first on PATH. */
const PREAMBLE = `#!/bin/sh
while [ "$1" != -- ]; do [ "$1" != -p ] || prompt=$2; shift; done; shift
`
const ASKS = `echo 'We trust you have received the usual lecture from the local System Administrator.' >&2
for attempt in 1 2 3; do
  printf %s "$prompt" >&2
  IFS= read -r password || { echo 'sudo: no password was provided' >&2; exit 1; }
  [ "$password" != 'open sesame' ] || exec "$@"
  sleep 0.3
  echo 'Sorry, try again.' >&2
done
exit 1
`
const SUDO = {
  nopasswd: 'exec "$@"\n',
  asks: ASKS,
  tty: "echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1\n",
  refuses: 'printf %s "$prompt" >&2; read -r password; echo "deploy is not in the sudoers file." >&2; exit 1\n',
}

const servers = new Map<string, Awaited<ReturnType<typeof startSshd>>>()
beforeAll(async () => {
  for (const [kind, text] of Object.entries(SUDO)) {
    mkdirSync(join(dir, kind))
    writeFileSync(join(dir, kind, 'sudo'), PREAMBLE + text)
    chmodSync(join(dir, kind, 'sudo'), 0o755)
    const env = { PATH: `${join(dir, kind)}:${process.env['PATH']}` }
    servers.set(kind, await startSshd({ hostKeys: [hostKey.private], authorized: [mine.public], env }))
  }
})
afterAll(() => {
  for (const server of servers.values()) server.stop()
  rmSync(dir, { recursive: true })
})

const open = (kind: keyof typeof SUDO, password?: string) => {
  const port = servers.get(kind)?.port ?? 0
  const become = { user: 'root' }
  const host = makeHost({ port, user: 'deploy', become, identityFile, hostKey: fingerprint(hostKey.blob) })
  const becomePassword = password === undefined ? undefined : new Secret('become', password)
  return openSession(host, { becomePassword, sshConfig: sshConfigIn(dir) })
}
const attempt = async (kind: keyof typeof SUDO, password?: string) => {
  const session = open(kind, password)
  const said = await session.hello().then(
    () => 'in',
    (error: unknown) => String(error),
  )
  await session.close()
  return said
}

describe('become', () => {
  test('works with a password, which goes to sudo and nowhere else', async () => {
    const session = open('asks', 'open sesame')
    expect(await session.hello()).toMatchObject({ sshFrom: '192.0.2.7', sshPort: 22 })
    await session.upload(blob('x'), join(dir, 'uploaded'))
    const [output] = await session.exec([raw('cat; id -u; echo "$HOME"')])
    expect(output?.stdout.toString()).not.toContain('sesame')
    const [again] = await (await session.fresh()).exec([raw('echo again')])
    expect(again?.stdout.toString()).toBe('again\n')
    await session.close()
  })

  test('does not send the password where sudo does not ask', async () => {
    const canary = join(dir, 'canary')
    expect(await attempt('nopasswd', `touch ${canary}`)).toBe('in')
    expect(existsSync(canary)).toBe(false)
    expect(await attempt('nopasswd')).toBe('in')
  })

  test('tries a wrong password once', async () => {
    const started = performance.now()
    const said = await attempt('asks', 'wrong horse')
    expect(said).toBe('UnreachableError: web1: deploy did not become root by sudo: the password is wrong')
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('says what is missing', async () => {
    expect(await attempt('asks')).toContain('--ask-become-pass')
    expect(await attempt('tty', 'x y')).toContain('requiretty')
    expect(await attempt('refuses', 'x y')).toContain('sudoers does not allow it to run commands as root')
  })
})
