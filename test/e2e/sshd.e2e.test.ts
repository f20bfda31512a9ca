import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import * as z from 'zod'
import { diffManifest, down, inventoryFile, manifest } from '../sandbox/index.ts'
import { grounded } from './ground.ts'
import { addressesOf, judge, on } from './judge.ts'
import { cli } from './trueup.ts'

const HOST = 'sshport'
const JUDGE = 'sshjudge'
const folder = mkdtempSync(join(tmpdir(), 'trueup-sshd-'))
const Inventory = z.looseObject({
  hosts: z.record(z.string(), z.looseObject({})),
  vars: z.looseObject({ 'base-ubuntu': z.looseObject({}) }),
})

/** Runs the role with other settings of sshd, on the host as the inventory is to know it. */
const run = async (ssh: object, host: object, ...more: readonly string[]) => {
  const inventory = Inventory.parse(parse(readFileSync(inventoryFile, 'utf8')))
  const vars = { ...inventory.vars, 'base-ubuntu': { ...inventory.vars['base-ubuntu'], ssh } }
  const hosts = { [HOST]: { ...inventory.hosts[HOST], ...host } }
  const file = join(folder, 'inventory.yml')
  writeFileSync(file, stringify({ ...inventory, hosts, vars }))
  return cli(['--role', 'base-ubuntu', '--json', ...more], { TRUEUP_INVENTORY: file })
}
const MOVED = { port: 2222, first: { port: 22 } }
const ports = async () =>
  (
    await on(
      JUDGE,
      `for p in 22 2222; do timeout 5 bash -c "exec 3<>/dev/tcp/${(await addressesOf(HOST)).v4}/$p; head -c 4 <&3" 2>/dev/null && echo " $p" || :; done`,
    )
  ).trim()

beforeAll(async () => {
  await judge(JUDGE, ['openssh-client'])
  await grounded(HOST, ['base-ubuntu'])
  // As Ubuntu has it: the socket owns the port, the service is started by it.
  await on(
    HOST,
    'systemctl disable -q ssh.service && systemctl enable -q ssh.socket && systemctl stop ssh.service && systemctl start ssh.socket',
  )
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await down([HOST, JUDGE])
})

describe('sshd behind ssh.socket', () => {
  it('is told of a file that speaks before ours, and names it', async () => {
    await on(HOST, 'echo "PasswordAuthentication yes" > /etc/ssh/sshd_config.d/00-a.conf')
    const told = await run({ port: 2222 }, MOVED, '--dry-run')
    await on(HOST, 'rm /etc/ssh/sshd_config.d/00-a.conf')
    expect(told.code).toBe(1)
    expect(told.stdout).toContain(
      'passwordauthentication is yes, not no: /etc/ssh/sshd_config.d/00-a.conf:1 comes first',
    )
  })

  it('moves to another port, in one run that came in by the first', async () => {
    const first = await run({ port: 2222 }, MOVED)
    expect(first.code, first.stdout.slice(-3000) + first.stderr).toBe(0)
    expect(await ports()).toBe('SSH- 2222')
    const second = await run({ port: 2222 }, MOVED)
    expect(second.code, second.stdout.slice(-3000)).toBe(0)
    expect(second.stdout).toMatch(/"event":"summary".*"changed":0.*"trips":1[,}]/)
  })

  it('refuses what sshd would not start with, before anything is replaced', async () => {
    const before = await manifest(HOST)
    const told = await run({ port: 2222, settings: { ListenAddress: 'not an address' } }, MOVED)
    expect(told.code).toBe(1)
    expect(told.stdout).toMatch(/refused: with the new .*00-trueup\.conf/)
    expect(diffManifest(before, await manifest(HOST))).toEqual([])
  })
})
