import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import * as z from 'zod'
import { down, inventoryFile, ssh, up } from '../sandbox/index.ts'
import { cli } from './trueup.ts'

const NAME = 'badinput'
const Inventory = z.looseObject({ hosts: z.record(z.string(), z.looseObject({})), vars: z.looseObject({}) })

let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-bad-'))
  await up([NAME])
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await down([NAME])
})

/** The sandbox's inventory with this host changed and these variables of base-ubuntu. */
const run = async (host: object, vars: object = {}, ...more: string[]) => {
  const inventory = Inventory.parse(parse(readFileSync(inventoryFile, 'utf8')))
  const file = join(folder, 'inventory.yml')
  const hosts = { [NAME]: { ...inventory.hosts[NAME], ...host } }
  writeFileSync(file, stringify({ ...inventory, hosts, vars: { 'base-ubuntu': { swap: 0, ...vars } } }))
  return await cli(['-i', file, '--role', 'base-ubuntu', '--no-diff', ...more])
}

/** A one-off of the role, and nothing else that takes long. */
const command = (run: string, timeout = 60) => ({
  commands: [{ title: 'one-off', unless: 'test -e /run/done', run, timeout }],
})

describe('a host that cannot be worked with', () => {
  it.each([
    ['is down', { address: '10.77.0.250', connectTimeout: 3 }, /10\.77\.0\.250/],
    [
      'has another key than the one that is pinned',
      { hostKey: `SHA256:${'A'.repeat(43)}` },
      /SHA256:A{43}[\s\S]*SHA256:(?!A{43})/,
    ],
    ['has a key that nobody knows', { hostKey: undefined }, /trust badinput/],
    ['refuses the login', { user: 'nobody-here' }, /nobody-here/],
    ['asks for a sudo password', { user: 'ops', become: true }, /--ask-become-pass/],
  ])('%s', async (_, host, says) => {
    const { code, stdout, stderr } = await run(host, {}, '--dry-run')
    expect(stdout + stderr).toMatch(says)
    expect(code).toBe(3)
  })

  it('can be worked with by a user who may become root', async () => {
    const { code, stdout } = await run({ user: 'ubuntu', become: true }, {}, '--dry-run')
    expect(stdout).toContain('would change')
    expect(code).toBe(2)
  })
})

describe('a command', () => {
  beforeAll(async () => {
    const { code, stdout, stderr } = await run({})
    expect(code, stdout + stderr).toBe(0)
  })

  it.each([
    ['that fails', 'echo no way >&2; exit 7', /exit code 7[\s\S]*no way/],
    ['that prints binary', "printf 'a\\0\\377b\\033[31m' >&2; exit 1", /it said: a\\x00\\xfffdb\\x1b\[31m/],
    ['that prints a gigabyte', 'head -c 1G /dev/zero | tr "\\0" x; exit 3', /exit code 3/],
    ['that hangs', 'sleep 1000 & sleep 1000', /took longer than it may/],
  ])('%s ends in one clear error', async (_, line, says) => {
    const { code, stdout, stderr } = await run({}, command(line, 20))
    expect(stdout + stderr).toMatch(says)
    expect(stdout.length).toBeLessThan(20_000)
    expect(code).toBe(1)
    expect((await ssh(NAME, 'pgrep -x sleep')).stdout).toBe('')
  })

  it('with hostile words arrives as it was written, and nothing else happens (F21)', async () => {
    const hostile = `'"; touch /tmp/x; $(touch /tmp/x) \`touch /tmp/x\` -rf * %s \\ ü\n-e`
    const { code, stdout } = await run(
      {},
      {
        commands: [
          { title: 'hostile', unless: 'test -e /run/hostile', run: `cat > /run/hostile <<'EOF'\n${hostile}\nEOF` },
        ],
      },
    )
    expect(code, stdout).toBe(0)
    expect((await ssh(NAME, 'cat /run/hostile; ls /tmp/x')).stdout).toBe(`${hostile}\n`)
  })
})

describe('an inventory', () => {
  it.each([
    [
      'a variable that does not exist',
      'vars: { base-ubuntu: { timezon: Europe/Warsaw } }',
      /bad\.yml:3:24 {2}.*timezon.*timezone/,
    ],
    ['a wrong type', 'vars: { base-ubuntu: { swap: much } }', /bad\.yml:3:30 {2}.*swap/],
    ['an octal mode that is not quoted', 'vars: { base-ubuntu: { sysctl: { a: 0644 } } }', /bad\.yml:3:37 {2}.*'0644'/],
    ['an unknown tag', 'vars: { base-ubuntu: { timezone: !vault x } }', /bad\.yml:3:34 {2}.*!vault/],
    [
      'a secret that is not there',
      'vars: { base-ubuntu: { timezone: !secret zone } }',
      /bad\.yml:3:34 {2}.*TRUEUP_SECRET_ZONE/,
    ],
    ['a host twice', 'hosts: { a: { address: 10.0.0.1 } }', /bad\.yml:3:1 {2}.*hosts/],
    ['a value that no task can hold', 'vars: { base-ubuntu: { timezone: "../../etc/passwd" } }', /timezone|zone/],
  ])('with %s is refused before any host is touched', async (_, line, says) => {
    const file = join(folder, 'bad.yml')
    writeFileSync(
      file,
      `site: { domain: x.test, project: x, dir: /srv/x }\nhosts: { here: { connection: local } }\n${line}\n`,
    )
    const { code, stdout, stderr } = await cli(['-i', file, '--role', 'base-ubuntu', '--dry-run'])
    expect(stderr).toMatch(says)
    expect(stdout).toBe('')
    expect(code).toBe(64)
  })

  it('and a role that does not exist', async () => {
    const { code, stderr } = await cli(['--role', 'ngnix'])
    expect(stderr).toMatch(/ngnix.*nginx/)
    expect(code).toBe(64)
  })
})
