import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { reference } from '../../bin/reference.ts'
import { inventorySchema } from '../../inventory/jsonschema.ts'
import type { HostFacts, State, Task } from '../../lib/index.ts'
import { judge } from '../../lib/language/judge.ts'
import { foretell, Overlay } from '../../lib/language/plan.ts'
import { compose } from '../../lib/runner/compose.ts'
import { PASSWORDS } from '../../roles/compose-stack/vars.ts'
import { roles } from '../../roles/index.ts'
import { NOBLE, SITE, TRIXIE } from './facts.ts'

/** What a role cannot do without. */
const NEEDED: Readonly<Record<string, unknown>> = {
  'compose-stack': { env: Object.fromEntries(PASSWORDS.map((name) => [name, 'secret'])) },
  monitoring: { grafana: { password: 'secret' } },
}

const built = (host: HostFacts, vars: Readonly<Record<string, unknown>> = {}) =>
  compose(
    roles.map((role) => ({ role, vars: role.vars.parse(vars[role.name] ?? NEEDED[role.name] ?? {}) })),
    SITE,
    host,
  )
const titles = (host: HostFacts, vars?: Readonly<Record<string, unknown>>) =>
  built(host, vars).map(({ role, task }) => `${role}: ${task.title}`)
const find = (host: HostFacts, title: string): Task => {
  const item = built(host).find(({ task }) => task.title === title)
  if (item === undefined) throw new Error(`no task “${title}”`)
  return item.task
}

describe('the roles', () => {
  it.each([
    ['noble', NOBLE],
    ['trixie', TRIXIE],
  ] as const)('need nothing but a site, and say what they do on %s', (_, host) => {
    expect(titles(host).length).toBeGreaterThanOrEqual(60)
    expect(titles(host)).toMatchSnapshot()
  })

  it('are in the order in which they are applied', () => {
    expect(roles.map(({ name }) => name)).toEqual([
      'base-ubuntu',
      'ufw',
      'docker',
      'certs',
      'nginx',
      'compose-stack',
      'cron',
      'monitoring',
    ])
  })

  it('open the port that sshd is about to get before the firewall closes', () => {
    const vars = { 'base-ubuntu': { ssh: { port: 2222 } } }
    const ssh = built(TRIXIE, vars).find(({ task }) => task.title === 'ufw allow ssh')?.task
    if (ssh?.kind !== 'derive') throw new Error('not as this test expects it')
    const made = ssh.make({})
    expect('want' in made && Object.keys(made.want.want).join()).toMatch(/port 22 proto tcp.*port 2222 proto tcp/)
  })

  it("take Docker from its own repository on Ubuntu, from the distribution's elsewhere, and from either where asked", () => {
    expect(titles(NOBLE)).toContain('docker: apt repository docker')
    expect(titles(TRIXIE)).not.toContain('docker: apt repository docker')
    expect(titles(TRIXIE, { docker: { source: 'docker' } })).toContain('docker: apt repository docker')
    expect(titles(NOBLE, { docker: { source: 'distribution' } })).not.toContain('docker: apt repository docker')
  })

  it("install compose v2 by each distribution's own name for it, and refuse where there is none", () => {
    const wanted = (host: HostFacts, source: string, found = {}) => {
      const items = built(host, { docker: { source } })
      const task = items.find((item) => item.task.title === 'apt install docker')?.task
      const made = task?.kind === 'derive' ? task.make(found) : undefined
      return made !== undefined && 'want' in made ? Object.keys(made.want.want) : []
    }
    expect(wanted(NOBLE, 'distribution')).toEqual(['docker.io', 'docker-compose-v2', 'docker-buildx'])
    expect(wanted(TRIXIE, 'distribution')).toEqual(['docker.io', 'docker-cli', 'docker-compose', 'docker-buildx'])
    expect(wanted(NOBLE, 'docker')).toContain('docker-compose-plugin')
    // What is there stays, whatever was asked for.
    expect(wanted(NOBLE, 'docker', { 'docker.io': 'installed' })).toContain('docker-compose-v2')
    expect(wanted(TRIXIE, 'distribution', { 'docker-ce': 'installed' })).toContain('docker-compose-plugin')
    const bookworm = { ...TRIXIE, version: '12', codename: 'bookworm' }
    const refused = (source: string) => {
      const first = built(bookworm, { docker: { source, users: [] } }).find(({ role }) => role === 'docker')?.task
      return first && judge(first, { get: () => ({ state: { type: 'directory' } }) })
    }
    expect(refused('distribution')).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(
        /^Debian 12 has docker\.io 20\.10 and no compose v2: say `docker\.source: docker`/,
      ),
    })
    expect(refused('docker')).not.toMatchObject({ kind: 'failed' })
  })

  it("have a floor for Docker's own engine, and advise one for the distribution's", () => {
    const floor = (source: string, version: string) => {
      const items = built(TRIXIE, { docker: { source } })
      const task = items.find((item) => item.task.title.startsWith('docker engine 28'))?.task
      return task && judge(task, { get: () => ({ state: { version, community: source === 'docker' } }) })
    }
    expect(floor('docker', '28.3.2')).toMatchObject({ kind: 'failed' })
    expect(floor('docker', '28.3.3')).toEqual({ kind: 'ok' })
    expect(floor('distribution', '26.1.5+dfsg1')).toMatchObject({
      kind: 'ok',
      warning: expect.stringContaining('28.3.3 or newer is advised'),
    })
  })

  it('publish on loopback in every network, keep bounded logs, and let the inventory have the last word', () => {
    const text = (docker: object) => {
      const task = built(TRIXIE, { docker }).find((item) => item.task.title === 'docker engine settings')?.task
      if (task?.kind !== 'derive') throw new Error('it is derived')
      const made = task.make({
        type: null,
        mode: null,
        owner: null,
        group: null,
        target: null,
        sha256: null,
        text: null,
      })
      return JSON.parse('preview' in made ? (made.preview?.after('{"foreign":1}') ?? '') : '') as unknown
    }
    expect(text({ mirrors: ['https://mirror.example'], nofile: 2048, settings: { 'live-restore': false } })).toEqual({
      foreign: 1,
      'log-driver': 'json-file',
      'log-opts': { 'max-size': '100m', 'max-file': '3' },
      'live-restore': false,
      ip: '127.0.0.1',
      'default-network-opts': { bridge: { 'com.docker.network.bridge.host_binding_ipv4': '127.0.0.1' } },
      'default-address-pools': [{ base: '172.30.0.0/16', size: 24 }],
      'default-ulimits': { nofile: { Name: 'nofile', Soft: 2048, Hard: 2048 } },
      'registry-mirrors': ['https://mirror.example'],
    })
  })

  it.each([
    ['1.24.0', 'listen 443 ssl http2;', 'http2 on;'],
    ['1.26.3', 'http2 on;', 'ssl http2;'],
  ])('spell HTTP/2 as nginx %s has it', (version, has, lacks) => {
    const derived = find(NOBLE, 'file /etc/nginx/sites-available/moja-dzialka')
    if (derived.kind !== 'derive') throw new Error('it is derived')
    const made = derived.make({ version })
    const text = 'preview' in made ? (made.preview?.after('') ?? '') : ''
    expect(text).toContain(has)
    expect(text).not.toContain(lacks)
  })

  it('never close the port that we come in by (F13)', () => {
    const enabled = built({ ...NOBLE, sshPort: 2222 }).find(({ task }) => task.title === 'ufw enabled')?.task
    if (enabled?.kind !== 'derive') throw new Error('it is derived')
    const without = judge(enabled, { get: () => ({ state: {} }) })
    expect(without).toMatchObject({ kind: 'failed', message: expect.stringContaining('port 2222 from 192.0.2.7') })
  })

  describe('come in from elsewhere than ssh is to be reached from', () => {
    const allows = { 'in from 0.0.0.0/0 to 0.0.0.0/0 port 22 proto tcp': 'allow' }
    const settings = { logging: 'low', outgoing: 'allow', routed: 'deny', ipv6: true, hasIpv6: true }
    const on = { ...settings, enabled: true, incoming: 'allow', kernel: 'as stored' }
    const off = { ...settings, enabled: false, incoming: 'deny', kernel: 'off' }
    const foretold = (state: State, rules: State, vars: object = {}) => {
      const items = built({ ...NOBLE, sshFrom: '198.51.100.7' }, { ufw: { ssh: { from: ['10.0.0.0/8'] }, ...vars } })
      const facts = new Map<string, State>([
        ['ufw:state', state],
        ['ufw:rules', rules],
      ])
      const overlay = new Overlay({ get: ({ id }) => ({ state: facts.get(id) ?? {} }) })
      return items
        .filter(({ role, task }) => role === 'ufw' && !task.title.startsWith('apt '))
        .map(({ task }) => ({ title: task.title, step: foretell(task, overlay) }))
    }

    it.each([
      ['the firewall is on and lets in', on, {}, {}],
      ['other rules go', on, allows, { exactly: true }],
      ['the firewall is off', off, {}, {}],
    ])('is refused before anything is closed where %s', (_, state, rules, vars) => {
      const steps = foretold(state, rules, vars)
      const first = steps.findIndex(({ step }) => step.kind === 'failed')
      expect(steps.slice(0, first + 1).map(({ title }) => title)).toEqual(['ufw allow ssh', 'ufw admits ssh'])
      expect(steps[first]?.step).toMatchObject({
        message: expect.stringMatching(/^refused: .*port 22 from 198\.51\.100\.7.*`ufw\.ssh\.from`/),
      })
    })

    it('is told of where another rule lets us in', () => {
      const steps = foretold(on, allows)
      expect(steps.filter(({ step }) => step.kind === 'failed')).toEqual([])
      expect(steps.find(({ title }) => title === 'ufw admits ssh')?.step).toMatchObject({
        warning: expect.stringContaining('198.51.100.7 is not within 10.0.0.0/8'),
      })
    })

    it('is no matter on the host itself', () => {
      const items = built({ ...NOBLE, sshFrom: null, sshPort: null }, { ufw: { ssh: { from: ['10.0.0.0/8'] } } })
      const task = items.find((item) => item.task.title === 'ufw admits ssh')?.task
      const rules = { 'in from 10.0.0.0/8 to 0.0.0.0/0 port 22 proto tcp': 'allow' }
      expect(task && judge(task, { get: () => ({ state: rules }) })).toEqual({ kind: 'ok' })
    })
  })

  it('keep open both the port that we come in by and those that sshd is to have', () => {
    const ssh = (ports: readonly number[], sshPort: number, from: readonly string[] = []) => {
      const items = built({ ...NOBLE, sshPort }, { ufw: { ssh: { ports, from } } })
      const task = items.find((item) => item.task.title === 'ufw allow ssh')?.task
      if (task?.kind !== 'derive') throw new Error('it is derived')
      return Object.keys(task.make({ hasIpv6: false, ipv6: false }).want.want)
    }
    const anywhere = (port: number) => `in from 0.0.0.0/0 to 0.0.0.0/0 port ${port} proto tcp`
    expect(ssh([2222], 22)).toEqual([anywhere(22), anywhere(2222)])
    expect(ssh([2222], 2222)).toEqual([anywhere(2222)])
    expect(ssh([], 22)).toEqual([anywhere(22)])
    expect(ssh([2222], 22, ['10.0.0.0/8'])).toEqual([
      'in from 10.0.0.0/8 to 0.0.0.0/0 port 22 proto tcp',
      'in from 10.0.0.0/8 to 0.0.0.0/0 port 2222 proto tcp',
    ])
  })

  it('leave the kernel of a container alone, and its swap', () => {
    const container = { ...TRIXIE, container: true }
    expect(() => built(container)).toThrow('swap: 0')
    expect(() => built(container, { 'base-ubuntu': { swap: 0, sysctl: { 'vm.swappiness': 1 } } })).toThrow(
      'vm.swappiness',
    )
    expect(titles(container, { 'base-ubuntu': { swap: 0 } }).filter((title) => title.includes('swap'))).toEqual([])
    expect(titles(TRIXIE)).toContain('base-ubuntu: swap /swapfile')
  })

  it.each([
    ['ufw', { allow: ['ssh'] }],
    ['ufw', { ssh: { from: ['10.1'] } }],
    ['ufw', { ssh: { ports: [0] } }],
    ['ufw', { published: 'all' }],
    ['nginx', { trusted: ['10.0.0.0/8; return 200'] }],
    ['nginx', { maxBody: '1m;' }],
    ['base-ubuntu', { admin: ['everybody'] }],
    ['base-ubuntu', { journal: '500M\nStorage=none' }],
    ['docker', { logs: { maxSize: '100m"' } }],
  ])('%s refuses %j', (name, vars) => {
    expect(roles.find((role) => role.name === name)?.vars.safeParse(vars).success).toBe(false)
  })

  it('have their variables in the reference and in the schema for editors', () => {
    expect(readFileSync('docs/roles.md', 'utf8'), 'npm run reference').toBe(reference())
    expect(JSON.parse(readFileSync('inventory/schema.json', 'utf8')), 'npm run schema').toEqual(
      JSON.parse(JSON.stringify(inventorySchema(roles))),
    )
  })
})
