import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judge, type Step } from '../../lib/language/judge.ts'
import { foretell, Overlay } from '../../lib/language/plan.ts'
import type { Probe, State, Task } from '../../lib/index.ts'
import * as ufw from '../../tasks/ufw.ts'
import { address, holds } from '../../tasks/ufw/address.ts'
import { canonical, parseTable } from '../../tasks/ufw/kernel.ts'
import { MARK } from '../../tasks/ufw/rebuild.ts'
import { adding, describe as words, removing, stored } from '../../tasks/ufw/rule.ts'
import { nothing } from '../found.ts'

/** As `read` printed it on Debian 13 (ufw 0.36.2, iptables 1.8.11), comments left out; ␀ is a NUL. */
const recorded = (name: string): string =>
  readFileSync(new URL(`fixtures/ufw/${name}.txt`, import.meta.url), 'utf8').replaceAll('␀\n', '\0')

const parse = (stdout: string, probe: Probe): State => {
  const state = probe.family.parse(stdout, [probe.key], nothing).get(probe.key)
  if (state === undefined || state instanceof Error) throw state ?? new Error('no answer')
  return state
}

const on = (stdout: string) => ({
  get: (probe: Probe) => (probe.id.startsWith('ufw:') ? { state: parse(stdout, probe) } : { state: {} as State }),
})

const commandOf = (step: Step): string => {
  if (step.kind !== 'drift' || step.task.kind !== 'task') throw new Error(`no command, but ${JSON.stringify(step)}`)
  const text = String(step.task.apply(step.drift))
  return text.includes('\n}\n') ? text.slice(text.indexOf('\n}\n') + 3).replace('; }', '') : text
}

const [bare, installed, enabled] = ['bare', 'trixie-installed', 'trixie-enabled'].map(recorded) as [
  string,
  string,
  string,
]

describe('what is read', () => {
  it('tells the settings and what the kernel does', () => {
    const nothing = {
      enabled: false,
      logging: null,
      incoming: null,
      outgoing: null,
      routed: null,
      ipv6: null,
      hasIpv6: true,
      kernel: 'off',
    }
    const fresh = {
      enabled: false,
      logging: 'low',
      incoming: 'deny',
      outgoing: 'allow',
      routed: 'deny',
      ipv6: true,
      hasIpv6: true,
      kernel: 'off',
    }
    expect(parse(bare, ufw.state)).toEqual(nothing)
    expect(parse(installed, ufw.state)).toEqual(fresh)
    expect(parse(enabled, ufw.state)).toEqual({ ...fresh, enabled: true, kernel: 'as stored' })
  })

  it('reads Debian 12 the same way', () => {
    const twelve = recorded('bookworm-enabled')
    expect(parse(twelve, ufw.state)).toMatchObject({ enabled: true, kernel: 'as stored' })
    expect(parse(twelve, ufw.rules)).toMatchObject({
      'in from 10.0.0.0/8 to 0.0.0.0/0 port 80,443 proto tcp': 'allow',
      'in on eth0 from 2001:db8::/32 to ::/0 port 6000:6007 proto udp': 'deny # it is é',
    })
  })

  it('has one key for each stored rule of each family', () => {
    expect(parse(bare, ufw.rules)).toEqual({})
    expect(parse(installed, ufw.rules)).toEqual({})
    expect(parse(enabled, ufw.rules)).toMatchInlineSnapshot(`
      {
        "in from 0.0.0.0/0 to 0.0.0.0/0 app Nginx%20Full port 80,443 proto tcp": "allow",
        "in from 0.0.0.0/0 to 0.0.0.0/0 port 113 proto tcp": "reject",
        "in from 0.0.0.0/0 to 0.0.0.0/0 port 22 proto tcp": "allow # ssh",
        "in from 0.0.0.0/0 to 0.0.0.0/0 port 2222 proto tcp": "limit",
        "in from 0.0.0.0/0 to 0.0.0.0/0 port 24 proto tcp": "allow log",
        "in from 0.0.0.0/0 to 0.0.0.0/0 port 53": "allow",
        "in from 0.0.0.0/0 to 0.0.0.0/0 port 6000:6007 proto udp": "allow",
        "in from 10.0.0.0/8 to 0.0.0.0/0 port 80,443 proto tcp": "allow",
        "in from 2001:db8::/32 to ::/0 port 443 proto tcp": "allow",
        "in from ::/0 to ::/0 app Nginx%20Full port 80,443 proto tcp": "allow",
        "in from ::/0 to ::/0 port 113 proto tcp": "reject",
        "in from ::/0 to ::/0 port 22 proto tcp": "allow # ssh",
        "in from ::/0 to ::/0 port 2222 proto tcp": "limit",
        "in from ::/0 to ::/0 port 24 proto tcp": "allow log",
        "in from ::/0 to ::/0 port 53": "allow",
        "in from ::/0 to ::/0 port 6000:6007 proto udp": "allow",
        "in on eth0 from 1.2.3.4 to 5.6.7.8 port 25 proto tcp": "deny # it is é",
        "in on eth1 from 0.0.0.0/0 to 0.0.0.0/0": "allow",
        "in on eth1 from ::/0 to ::/0": "allow",
        "out on eth0 from 0.0.0.0/0 to 0.0.0.0/0 port 123 proto udp": "allow",
        "out on eth0 from ::/0 to ::/0 port 123 proto udp": "allow",
        "route in from 0.0.0.0/0 to 172.17.0.2 port 80 proto tcp": "allow",
        "route in on eth0 out on eth1 from 10.0.0.0/8 to 0.0.0.0/0": "allow",
      }
    `)
  })

  it.each([
    ['a rule is gone', /^-A ufw-user-input -p tcp -m tcp --dport 22 .*\n/m, '', 'ufw-user-input'],
    [
      'a rule was put in',
      /^(-A ufw-user-input -p tcp -m tcp --dport 22 )/m,
      '-A ufw-user-input -j ACCEPT\n$1',
      'ufw-user-input',
    ],
    [
      'a rule was changed',
      /--dport 22 -j ACCEPT\n(?=[^#]*-A ufw-user-input -p tcp -m tcp --dport 53)/,
      '--dport 23 -j ACCEPT\n',
      'ufw-user-input',
    ],
    ['IPv6 differs', /^-A ufw6-user-input -p tcp -m tcp --dport 22 .*\n/m, '', 'ufw6-user-input'],
    ['a hook is gone', /^-A INPUT -j ufw-before-input\n/m, '', 'INPUT'],
    ['a hook of IPv6 is gone', /^-A INPUT -j ufw6-before-input\n/m, '', 'INPUT (IPv6)'],
    ['a policy is open', /^:INPUT DROP/m, ':INPUT ACCEPT', 'INPUT'],
    [
      'what goes before is flushed',
      /^-A ufw-before-input -i lo .*\n(?=-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A ufw-before-input -m conntrack --ctstate INVALID -j ufw-logging-deny\n-A ufw-before-input -m conntrack --ctstate INVALID -j DROP\n-A ufw-before-input -p icmp -m icmp)/m,
      '',
      'ufw-before-input',
    ],
  ])('sees that %s', (_, from, to, where) => {
    expect(enabled).toMatch(from)
    expect(parse(enabled.replace(from, to), ufw.state)).toMatchObject({ kernel: `differs in ${where}` })
  })

  it('sees what a rebuilding that was cut short has left open', () => {
    const left = `-A INPUT -p tcp -m tcp --dport 22 -m comment --comment ${MARK} -j ACCEPT\n`
    const cut = enabled.replace(/^-A INPUT -j ufw-before-logging-input/m, `${left}$&`)
    expect(cut).not.toBe(enabled)
    expect(parse(cut, ufw.state)).toMatchObject({ kernel: 'differs in INPUT' })
  })

  it('takes no longer for many rules than it must', () => {
    const many = (to: string) =>
      Array.from({ length: 40_000 }, (_, port) => to.replaceAll('PORT', String(port))).join('')
    const host = enabled
      .replace(/(?<=user\.rules\0[^\0]*### RULES ###\n)/, many('-A ufw-user-input -p tcp --dport PORT -j DROP\n'))
      .replace(
        /^(?=-A ufw-user-input -p tcp -m tcp --dport 22 )/m,
        many('-A ufw-user-input -p tcp -m tcp --dport PORT -j DROP\n'),
      )
    // What others use of the processor meanwhile does not count.
    const used = () => process.cpuUsage().user / 1000
    const started = used()
    expect(parse(host, ufw.state)).toMatchObject({ kernel: 'as stored' })
    const read = used()
    expect(parseTable(`*filter\n${many('-I INPUT -p tcp --dport PORT -j DROP\n')}`).chains.get('INPUT')?.[0]).toMatch(
      '39999',
    )
    expect(read - started).toBeLessThan(1000)
    expect(used() - read).toBeLessThan(1000)
  }, 30_000)

  it('is not misled by the rules of others', () => {
    const foreign = enabled.replace(/^-A INPUT -j ufw-before-logging-input/m, '-A INPUT -j f2b-sshd\n$&')
    expect(parse(foreign, ufw.state)).toMatchObject({ kernel: 'as stored' })
  })

  it('compares chains of others that after.rules fills by their beginning', () => {
    const block = ':DOCKER-USER - [0:0]\n-A DOCKER-USER -j ufw-user-forward\n'
    const withBlock = enabled.replace(/(\/after\.rules\0\*filter\n)/, `$1${block}`)
    expect(withBlock).not.toBe(enabled)
    expect(parse(withBlock, ufw.state)).toMatchObject({ kernel: 'differs in DOCKER-USER' })
    const live = withBlock.replace(/^-A DOCKER-USER -j RETURN/m, '-A DOCKER-USER -j ufw-user-forward\n$&')
    expect(parse(live, ufw.state)).toMatchObject({ kernel: 'as stored' })
  })

  it('keeps no account of IPv6 rules where ufw does not', () => {
    const off = enabled.replace('IPV6=yes', 'IPV6=no')
    expect(Object.keys(parse(off, ufw.rules)).filter((key) => key.includes('::'))).toEqual([])
    expect(parse(off, ufw.state)).toMatchObject({ ipv6: false, kernel: 'differs in OUTPUT (IPv6)' })
  })

  it('throws at a rule that it does not understand', () => {
    expect(() => parse(enabled.replace(/### tuple ### allow tcp 22 \S+/, '### tuple ### allow'), ufw.rules)).toThrow(
      'not understood',
    )
  })
})

describe('tasks', () => {
  it.each<[string, Task, string, string]>([
    [
      'both families at once',
      ufw.allow({ port: 22, proto: 'tcp' }),
      installed,
      'ufw allow in from any to any port 22 proto tcp',
    ],
    [
      'the comment is part of it',
      ufw.allow({ port: 22, proto: 'tcp', comment: 'why not' }),
      enabled,
      "ufw allow in from any to any port 22 proto tcp comment 'why not'",
    ],
    [
      'one family',
      ufw.allow({ port: 25, from: '2001:DB8::/32' }),
      enabled,
      'ufw allow in from 2001:db8::/32 to any port 25',
    ],
    [
      'what is missing of it',
      ufw.allow({ ports: [443, 80], proto: 'tcp', from: '10.1.0.0/16' }),
      enabled,
      'ufw allow in from 10.1.0.0/16 to any port 80,443 proto tcp',
    ],
    ['another action', ufw.deny({ port: 53 }), enabled, 'ufw deny in from any to any port 53'],
    [
      'an interface',
      ufw.reject({ interface: 'eth9', direction: 'out' }),
      installed,
      'ufw reject out on eth9 from any to any',
    ],
    [
      'a limit',
      ufw.limit({ port: '6000:6007', proto: 'udp' }),
      enabled,
      'ufw limit in from any to any port 6000:6007 proto udp',
    ],
    ['logging', ufw.logging('medium'), enabled, 'ufw logging medium'],
    [
      'defaults',
      ufw.defaults({ incoming: 'deny', outgoing: 'deny', routed: 'reject' }),
      enabled,
      'ufw default deny outgoing &&\nufw default reject routed',
    ],
  ])('%s', (_, task, host, command) => {
    expect(commandOf(judge(task, on(host)))).toBe(command)
  })

  it('only adds for the family that lacks a rule', () => {
    const lacking = enabled.replace(/### tuple ### allow tcp 22 ::\/0.*/, '')
    expect(commandOf(judge(ufw.allow({ port: 22, proto: 'tcp', comment: 'ssh' }), on(lacking)))).toBe(
      'ufw allow in from ::/0 to ::/0 port 22 proto tcp comment ssh',
    )
    const four = bare.replace('ipv6', 'none')
    expect(judge(ufw.allow({ port: 22 }), on(four))).toMatchObject({
      drift: { keys: ['in from 0.0.0.0/0 to 0.0.0.0/0 port 22'] },
    })
  })

  it('is content with what is there', () => {
    for (const task of [
      ufw.allow({ port: 22, proto: 'tcp', comment: 'ssh' }),
      ufw.limit({ port: 2222, proto: 'tcp' }),
      ufw.allow({ ports: [443, '80'], proto: 'tcp', from: '10.0.0.0/8' }),
      ufw.deny({ interface: 'eth0', from: '1.2.3.4/32', to: '5.6.7.8', port: 25, proto: 'tcp', comment: 'it is é' }),
      ufw.defaults({ incoming: 'deny', outgoing: 'allow', routed: 'deny', ipv6: true }),
      ufw.enabled({ ssh: { port: 22 } }),
    ])
      expect(judge(task, on(enabled))).toEqual({ kind: 'ok' })
  })

  it('removes what is not wanted in the words of ufw, once what is missing is there', () => {
    const step = judge(
      ufw.onlyRules([
        { action: 'allow', port: 22, proto: 'tcp', comment: 'ssh' },
        { action: 'allow', port: 80 },
      ]),
      on(enabled),
    )
    expect(commandOf(step).split(' &&\n')).toMatchInlineSnapshot(`
      [
        "ufw allow in from any to any port 80",
        "ufw delete allow in from 0.0.0.0/0 to 0.0.0.0/0 port 53",
        "ufw delete limit in from 0.0.0.0/0 to 0.0.0.0/0 port 2222 proto tcp",
        "ufw delete allow in from 10.0.0.0/8 to 0.0.0.0/0 port 80,443 proto tcp",
        "ufw delete deny in on eth0 from 1.2.3.4 to 5.6.7.8 port 25 proto tcp",
        "ufw route delete allow from 0.0.0.0/0 to 172.17.0.2 port 80 proto tcp",
        "ufw delete allow in from 0.0.0.0/0 to 0.0.0.0/0 port 6000:6007 proto udp",
        "ufw delete reject in from 0.0.0.0/0 to 0.0.0.0/0 port 113 proto tcp",
        "ufw delete allow in from 0.0.0.0/0 to 0.0.0.0/0 app 'Nginx Full'",
        "ufw delete allow out on eth0 from 0.0.0.0/0 to 0.0.0.0/0 port 123 proto udp",
        "ufw delete allow in log from 0.0.0.0/0 to 0.0.0.0/0 port 24 proto tcp",
        "ufw delete allow in on eth1 from 0.0.0.0/0 to 0.0.0.0/0",
        "ufw route delete allow in on eth0 out on eth1 from 10.0.0.0/8 to 0.0.0.0/0",
        "ufw delete allow in from ::/0 to ::/0 port 53",
        "ufw delete limit in from ::/0 to ::/0 port 2222 proto tcp",
        "ufw delete allow in from 2001:db8::/32 to ::/0 port 443 proto tcp",
        "ufw delete allow in from ::/0 to ::/0 port 6000:6007 proto udp",
        "ufw delete reject in from ::/0 to ::/0 port 113 proto tcp",
        "ufw delete allow in from ::/0 to ::/0 app 'Nginx Full'",
        "ufw delete allow out on eth0 from ::/0 to ::/0 port 123 proto udp",
        "ufw delete allow in log from ::/0 to ::/0 port 24 proto tcp",
        "ufw delete allow in on eth1 from ::/0 to ::/0",
      ]
    `)
  })

  it('enables, and has what is stored loaded anew where the kernel does something else', () => {
    const ready = installed.replace(
      '### RULES ###',
      '### RULES ###\n### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in',
    )
    expect(commandOf(judge(ufw.enabled({ ssh: { port: 22 } }), on(ready)))).toBe('ufw --force enable')
    const flushed = enabled.replace(/^-A INPUT -j ufw-before-input\n/m, '')
    expect(commandOf(judge(ufw.enabled({ ssh: { port: 22 } }), on(flushed)))).toContain('/lib/ufw/ufw-init start')
  })

  it('foretells on a bare host what is done after the package is there', () => {
    const overlay = new Overlay(on(bare))
    for (const claim of ufw.provided) overlay.claim(claim, 'apt install ufw')
    const steps = [
      ufw.defaults({ incoming: 'deny', outgoing: 'allow', routed: 'deny', ipv6: true }),
      ufw.allow({ port: 22, proto: 'tcp' }),
      ufw.enabled({ ssh: { port: 22, from: '203.0.113.9' } }),
    ].map((task) => {
      const step = judge(task, overlay)
      if (step.kind === 'drift') overlay.assume(step.task, step.drift)
      return step.kind
    })
    expect(steps).toEqual(['ok', 'drift', 'drift'])
  })
})

describe('nobody is locked out', () => {
  const SSH = 'allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in'
  const arrive = (rules: string, ssh: { port: number; from?: string }) => {
    const tuples = rules.replaceAll(/^(?=.)/gm, '### tuple ### ')
    const six = tuples.split('\n').filter((line) => line.includes('::'))
    const four = tuples.split('\n').filter((line) => !line.includes('::'))
    const host = installed
      .replace(/(user\.rules\0)/, `$1${four.join('\n')}\n`)
      .replace(/(user6\.rules\0)/, `$1${six.join('\n')}\n`)
    return judge(ufw.enabled({ ssh }), on(host)).kind
  }
  it.each<[string, { port: number; from?: string }, string]>([
    ['', { port: 22 }, 'failed'],
    ['allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in', { port: 22 }, 'drift'],
    ['allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in', { port: 2222 }, 'failed'],
    ['allow udp 22 0.0.0.0/0 any 0.0.0.0/0 in', { port: 22 }, 'failed'],
    ['allow any 22 0.0.0.0/0 any 0.0.0.0/0 in', { port: 22 }, 'drift'],
    ['allow tcp 80,2200:2300 0.0.0.0/0 any 0.0.0.0/0 in', { port: 2222 }, 'drift'],
    ['limit tcp 22 0.0.0.0/0 any 0.0.0.0/0 in', { port: 22, from: '192.0.2.1' }, 'drift'],
    ['deny tcp 22 0.0.0.0/0 any 0.0.0.0/0 in', { port: 22 }, 'failed'],
    ['allow tcp 22 0.0.0.0/0 any 192.0.2.0/24 in', { port: 22, from: '192.0.2.1' }, 'drift'],
    ['allow tcp 22 0.0.0.0/0 any 192.0.2.0/24 in', { port: 22, from: '198.51.100.1' }, 'failed'],
    ['allow tcp 22 0.0.0.0/0 any 192.0.2.0/24 in', { port: 22 }, 'failed'],
    [
      'deny any any 0.0.0.0/0 any 192.0.2.0/24 in\nallow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in',
      { port: 22, from: '192.0.2.1' },
      'failed',
    ],
    ['allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in', { port: 22, from: '2001:db8::1' }, 'failed'],
    ['allow tcp 22 ::/0 any ::/0 in', { port: 22, from: '2001:db8::1' }, 'drift'],
    ['allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 OpenSSH - in', { port: 22 }, 'drift'],
    ['allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in_eth0', { port: 22 }, 'failed'],
    ['route:allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in', { port: 22 }, 'failed'],
    ['allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 out', { port: 22 }, 'failed'],
    ['allow tcp any 0.0.0.0/0 22 0.0.0.0/0 in', { port: 22 }, 'failed'],
    ['allow tcp 22 10.0.0.1 any 0.0.0.0/0 in', { port: 22 }, 'failed'],
    [`deny tcp 22 0.0.0.0/0 any 0.0.0.0/0 in_eth0\n${SSH}`, { port: 22 }, 'failed'],
    [`limit tcp 22 0.0.0.0/0 any 0.0.0.0/0 in_eth0\n${SSH}`, { port: 22 }, 'failed'],
    [`reject any any 0.0.0.0/0 any 0.0.0.0/0 in_eth0\n${SSH}`, { port: 22 }, 'failed'],
    [`deny_log tcp 20:30 10.0.0.1 any 0.0.0.0/0 in\n${SSH}`, { port: 22 }, 'failed'],
    [`deny tcp 22 10.0.0.1 any 0.0.0.0/0 OpenSSH - in_eth0\n${SSH}`, { port: 22 }, 'failed'],
    [`deny tcp any 0.0.0.0/0 1024:65535 0.0.0.0/0 in\n${SSH}`, { port: 22 }, 'failed'],
    [`deny tcp 22 0.0.0.0/0 any 192.0.2.0/24 in_eth0\n${SSH}`, { port: 22, from: '192.0.2.9' }, 'failed'],
    [`deny tcp 22 0.0.0.0/0 any 192.0.2.0/24 in_eth0\n${SSH}`, { port: 22, from: '198.51.100.1' }, 'drift'],
    [`deny tcp 23 0.0.0.0/0 any 0.0.0.0/0 in_eth0\n${SSH}`, { port: 22 }, 'drift'],
    [`deny udp any 0.0.0.0/0 any 0.0.0.0/0 in_eth0\n${SSH}`, { port: 22 }, 'drift'],
    [`allow any any 0.0.0.0/0 any 0.0.0.0/0 in_eth0\n${SSH}`, { port: 22 }, 'drift'],
    [`${SSH}\ndeny tcp 22 0.0.0.0/0 any 0.0.0.0/0 in_eth0`, { port: 22 }, 'drift'],
    [`deny tcp 22 0.0.0.0/0 any 0.0.0.0/0 out_eth0\n${SSH}`, { port: 22 }, 'drift'],
    ['allow tcp 22 ::/0 any ::/0 in', { port: 22, from: 'fe80::1%eth0' }, 'drift'],
  ])('%s lets in %j: %s', (rules, ssh, kind) => {
    expect(arrive(rules, ssh)).toBe(kind)
  })

  const refusal = {
    kind: 'failed',
    message: expect.stringMatching(/^refused: .*port 2200 from 198\.51\.100\.7.*`ufw\.ssh\.from`/),
  }
  const arrival = { port: 2200, from: '198.51.100.7' }

  it('refuses a firewall that is on already, too', () => {
    expect(judge(ufw.enabled({ ssh: arrival }), on(enabled))).toMatchObject(refusal)
  })

  it('has a check to stand before whatever closes the door', () => {
    expect(ufw.admitsSsh({ ssh: arrival }).title).toBe('ufw admits ssh')
    expect(judge(ufw.admitsSsh({ ssh: arrival }), on(enabled))).toMatchObject(refusal)
    expect(judge(ufw.admitsSsh({ ssh: { ...arrival, port: 22 } }), on(enabled))).toEqual({ kind: 'ok' })
  })

  it('judges the rules as they will be', () => {
    const overlay = new Overlay(on(enabled))
    expect(foretell(ufw.allow({ port: 2200, proto: 'tcp' }), overlay).kind).toBe('drift')
    expect(judge(ufw.admitsSsh({ ssh: arrival }), overlay)).toEqual({ kind: 'ok' })
    const only: ufw.Rule[] = [{ action: 'allow', port: 22, proto: 'tcp' }]
    expect(judge(ufw.admitsSsh({ ssh: arrival, only }), overlay)).toMatchObject(refusal)
    expect(foretell(ufw.onlyRules(only), overlay).kind).toBe('drift')
    expect(judge(ufw.admitsSsh({ ssh: arrival }), overlay)).toMatchObject(refusal)
    expect(judge(ufw.admitsSsh({ ssh: { ...arrival, port: 22 } }), overlay)).toEqual({ kind: 'ok' })
  })

  it('removes no rule that lets us in', () => {
    const ssh = { port: 22, from: '198.51.100.7' }
    const some: ufw.Rule = { action: 'allow', port: 22, proto: 'tcp', from: '10.0.0.0/8' }
    const step = judge(ufw.onlyRules([some], { ssh }), on(enabled))
    expect(step).toMatchObject({ kind: 'failed', message: expect.stringMatching(/^refused: .*198\.51\.100\.7/) })
    expect(judge(ufw.onlyRules([{ ...some, from: '198.51.100.0/24' }], { ssh }), on(enabled)).kind).toBe('drift')
  })

  it('removes none either where the order in which rules are stored says otherwise than the list', () => {
    const ssh = { port: 22, from: '198.51.100.7' }
    const host = installed.replace(/(user\.rules\0)/, '$1### tuple ### deny tcp 22 0.0.0.0/0 any 198.51.100.0/24 in\n')
    const list: ufw.Rule[] = [
      { action: 'allow', port: 22, proto: 'tcp' },
      { action: 'deny', port: 22, proto: 'tcp', from: '198.51.100.0/24' },
    ]
    const step = judge(ufw.onlyRules(list, { ssh }), on(host))
    expect(() => commandOf(step)).toThrow('refused')
    expect(judge(ufw.admitsSsh({ ssh, only: list }), on(host)).kind).toBe('failed')
  })

  it('warns where we come from outside the ranges that ssh is to be reached from', () => {
    const ssh = { port: 22, from: '198.51.100.7' }
    expect(judge(ufw.admitsSsh({ ssh, ranges: ['10.0.0.0/8'] }), on(enabled))).toEqual({
      kind: 'ok',
      warning: expect.stringContaining('198.51.100.7 is not within 10.0.0.0/8'),
    })
    expect(judge(ufw.admitsSsh({ ssh, ranges: ['10.0.0.0/8', '198.51.100.0/24'] }), on(enabled))).toEqual({
      kind: 'ok',
    })
    expect(judge(ufw.admitsSsh({ ssh, ranges: [] }), on(enabled))).toEqual({ kind: 'ok' })
  })
})

describe('what is in the kernel is rebuilt', () => {
  const command = commandOf(
    judge(ufw.enabled({ ssh: { port: 22 } }), on(enabled.replace(/^-A INPUT -j ufw-before-input\n/m, ''))),
  )
  it('closed all the while, but for ssh', () => {
    expect(command).not.toContain('ACCEPT [')
    expect(command).toContain(':INPUT DROP [0:0]')
    expect(command).toContain('SSH_CONNECTION')
  })
})

describe('rules', () => {
  it.each<[ufw.Match, string]>([
    [{ port: 0 }, 'not a port'],
    [{ port: 65536 }, 'not a port'],
    [{ port: '22/tcp' }, 'not a port'],
    [{ port: '22; rm' }, 'not a port'],
    [{ port: '10:5', proto: 'tcp' }, 'not a range'],
    [{ port: '5:10' }, 'proto'],
    [{ ports: [1, 2] }, 'proto'],
    [{ port: 22, from: '10.1' }, 'not an IP'],
    [{ port: 22, from: '010.0.0.1' }, 'not an IP'],
    [{ port: 22, from: '10.0.0.1/8' }, '10.0.0.0/8 does'],
    [{ port: 22, from: '10.0.0.0/33' }, 'not an IP'],
    [{ port: 22, from: '::ffff:10.0.0.1' }, 'not an IP'],
    [{ port: 22, from: '::ffff:a00:1' }, 'not an IP'],
    [{ port: 22, from: 'fe80::1%eth0' }, 'not an IP'],
    [{ port: 22, from: '10.0.0.0/8', to: '::1' }, 'IPv4 or IPv6'],
    [{ port: 22, interface: 'eth0 from any' }, 'interface'],
    [{ port: 22, comment: "it's" }, 'comment'],
    [{ port: 22, comment: 'a\nb' }, 'comment'],
    [{ port: 22, comment: 'log' }, 'comment'],
    [{ proto: 'tcp' }, 'needs a port'],
    [{}, 'needs a port'],
  ])('%j is refused', (match, message) => {
    expect(() => ufw.allow(match)).toThrow(message)
  })

  it('refuses two that are one to ufw', () => {
    expect(() =>
      ufw.stores([
        { action: 'allow', port: 22 },
        { action: 'deny', port: 22 },
      ]),
    ).toThrow('the same rule to ufw')
  })

  it('has a title for each', () => {
    expect(
      words({ action: 'deny', ports: [443, 80], proto: 'tcp', from: '10.0.0.0/8', interface: 'eth0', comment: 'x' }),
    ).toBe('deny 80,443/tcp from 10.0.0.0/8 on eth0')
  })

  const anyRule = fc.record(
    {
      action: fc.constantFrom('allow' as const, 'deny' as const, 'reject' as const, 'limit' as const),
      port: fc.integer({ min: 1, max: 65535 }),
      proto: fc.constantFrom('tcp' as const, 'udp' as const),
      from: fc.oneof(fc.ipV4(), fc.constantFrom('10.0.0.0/8', '2001:db8::/32', '2001:DB8:0:0:1::1')),
      direction: fc.constantFrom('in' as const, 'out' as const),
      interface: fc.constantFrom('eth0', 'br-1.2', 'wlan_0'),
      comment: fc.stringMatching(/^[a-zé%"$`\\]{1,12}$/).filter((text) => !['log', 'comment'].includes(text)),
    },
    { requiredKeys: ['action', 'port'] },
  )

  it('are removed by the words that name them', () => {
    fc.assert(
      fc.property(anyRule, (rule) => {
        for (const { key, value, version } of stored(rule)) {
          const add = adding(rule, [version]).filter(
            (word, index, all) => word !== 'comment' && all[index - 1] !== 'comment',
          )
          const exact = add.map((word) => (word === 'any' ? (version === 4 ? '0.0.0.0/0' : '::/0') : word))
          expect(removing(key, value)).toEqual(['delete', ...exact])
        }
      }),
    )
  })

  it('are read as they are stored, whatever the comment', () => {
    fc.assert(
      fc.property(anyRule, (rule) => {
        for (const { key, value, version } of stored(rule)) {
          const any = version === 4 ? '0.0.0.0/0' : '::/0'
          const from = rule.from === undefined ? any : address(rule.from).text
          const way = `${rule.direction ?? 'in'}${rule.interface === undefined ? '' : `_${rule.interface}`}`
          const comment = rule.comment === undefined ? '' : ` comment=${Buffer.from(rule.comment).toString('hex')}`
          const tuple = `### tuple ### ${rule.action} ${rule.proto ?? 'any'} ${rule.port} ${any} any ${from} ${way}${comment}`
          const file = `/etc/default/ufw\0IPV6=yes\n\0/etc/ufw/user${version === 4 ? '' : '6'}.rules\0${tuple}\n\0`
          expect(parse(file, ufw.rules)).toEqual({ [key]: value })
        }
      }),
    )
  })
})

describe('addresses', () => {
  it('come out as ufw stores them, and again the same', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        fc.pre(!/^(::|0+:0*:)/.test(text) && !(text.includes(':') && text.includes('.')))
        expect(address(address(text).text)).toEqual(address(text))
        expect(holds(address(text).text, text)).toBe(true)
      }),
    )
    expect(address('2001:DB8:0:0:1:0:0:1')).toEqual({ text: '2001:db8::1:0:0:1', version: 6 })
    expect(address('192.0.2.1/32')).toEqual({ text: '192.0.2.1', version: 4 })
    expect(address('0.0.0.0/0')).toEqual({ text: '0.0.0.0/0', version: 4 })
  })
  it('hold others', () => {
    expect(holds('10.0.0.0/8', '10.255.0.1')).toBe(true)
    expect(holds('10.0.0.0/8', '11.0.0.1')).toBe(false)
    expect(holds('::/0', '11.0.0.1')).toBe(false)
    expect(holds('2001:db8::/32', '2001:db8:ffff::1')).toBe(true)
  })
})

it('says the same of a rule as ufw writes it and as the kernel tells it', () => {
  const pairs = [
    ['-p tcp --dport 22 -j ACCEPT', '-p tcp -m tcp --dport 22 -j ACCEPT'],
    [
      '-i eth0 -p tcp -d 5.6.7.8 --dport 25 -s 1.2.3.4 -j DROP',
      '-s 1.2.3.4/32 -d 5.6.7.8/32 -i eth0 -p tcp -m tcp --dport 25 -j DROP',
    ],
    ['-p all -s 2001:db8::1 -j ACCEPT', '-s 2001:db8::1/128 -j ACCEPT'],
    [
      "-p tcp -m multiport --dports 80,443 -j ACCEPT -m comment --comment 'dapp_Nginx%20Full'",
      String.raw`-p tcp -m multiport --dports 80,443 -m comment --comment "\'dapp_Nginx%20Full\'" -j ACCEPT`,
    ],
    [
      '-p tcp --dport 2 -m conntrack --ctstate NEW -m recent --set',
      '-p tcp -m tcp --dport 2 -m conntrack --ctstate NEW -m recent --set --name DEFAULT --mask 255.255.255.255 --rsource',
    ],
  ] as const
  for (const [written, told] of pairs) expect(canonical(written)).toBe(canonical(told))
  expect(canonical('-p tcp --dport 22 -j ACCEPT')).not.toBe(canonical('-p tcp --dport 22 -j DROP'))
  expect(canonical('-s 10.0.0.0/8 -j ACCEPT')).not.toBe(canonical('-j ACCEPT'))
})
