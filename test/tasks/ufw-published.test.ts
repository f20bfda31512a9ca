import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Probe, State } from '../../lib/index.ts'
import { judge } from '../../lib/language/judge.ts'
import { foretell, Overlay } from '../../lib/language/plan.ts'
import * as ufw from '../../tasks/ufw.ts'
import { publishedBlock } from '../../tasks/ufw/published.ts'
import { published } from '../../tasks/ufw/state.ts'
import { changesInWords, inWords } from '../../tasks/ufw/words.ts'
import { nothing } from '../found.ts'

/** As `read` printed it on Debian 13 with docker.io 26.1 running and our blocks loaded; ␀ is a NUL. */
const recorded = (name: string): string =>
  readFileSync(new URL(`fixtures/ufw/${name}.txt`, import.meta.url), 'utf8').replaceAll('␀\n', '\0')
const host = recorded('trixie-published')

const parse = (stdout: string, probe: Probe): State | Error => {
  const state = probe.family.parse(stdout, [probe.key], nothing).get(probe.key)
  if (state === undefined) throw new Error('no answer')
  return state
}
const on = (stdout: string) => ({
  get: (probe: Probe) => {
    const state = parse(stdout, probe)
    return state instanceof Error ? { error: state.message } : { state }
  },
})

const OPTIONS: ufw.PublishedOptions = { bridges: ['docker0', 'br-+'], open: [] }
const both = (options = OPTIONS) => ufw.published(options)

describe('published ports', () => {
  it('are closed as stored, in both families', () => {
    expect(parse(host, ufw.state)).toMatchObject({ enabled: true, kernel: 'as stored' })
    expect(parse(host, published[4])).toEqual({ enabled: true, block: publishedBlock(OPTIONS, 4) })
    for (const task of both()) expect(judge(task, on(host))).toEqual({ kind: 'ok' })
  })

  it.each([
    [
      'a rule is gone',
      /^-A trueup-published -o docker0 -j DROP\n(?=-A trueup-published -o br-\+ -j DROP\n-A trueup-published -m conntrack --ctstate DNAT -j DROP\n-A ufw)/m,
      '',
      'trueup-published',
    ],
    [
      'a rule was put in',
      /(-A DOCKER-USER -j trueup-published\n-A trueup-published .*\n)(?=(.*\n){5}-A ufw-)/,
      '$1-A trueup-published -j RETURN\n',
      'trueup-published',
    ],
    ['DOCKER-USER was flushed', /-A DOCKER-USER -j trueup-published\n(?=(.*\n){6}-A ufw-)/, '', 'DOCKER-USER'],
    [
      'DOCKER-USER lets in before it asks',
      /(?=-A DOCKER-USER -j trueup-published\n(.*\n){6}-A ufw-)/,
      '-A DOCKER-USER -j ACCEPT\n',
      'DOCKER-USER',
    ],
    ['DOCKER-USER is asked no more', /^-A FORWARD -j DOCKER-USER\n(?=-A FORWARD -j DOCKER-ISOLATION)/m, '', 'FORWARD'],
    [
      'DOCKER-USER is asked too late',
      /^-A FORWARD -j DOCKER-USER\n((-A FORWARD .*\n){2}-A FORWARD -o docker0 -j DOCKER\n)/m,
      '$1-A FORWARD -j DOCKER-USER\n',
      'FORWARD',
    ],
    [
      'a rule of IPv6 is gone',
      /-A trueup-published -o docker0 -j DROP\n(?=-A trueup-published -o br-\+ -j DROP\n-A trueup-published -m conntrack --ctstate DNAT -j DROP\n-A ufw6)/,
      '',
      'trueup-published',
    ],
  ])('are known not to be when %s', (_, from, to, where) => {
    expect(host).toMatch(from)
    expect(parse(host.replace(from, to), ufw.state)).toMatchObject({ kernel: `differs in ${where}` })
  })

  it('stay closed where the engine asks first what keeps its networks apart, as it does when it was restarted', () => {
    const restarted = host.replace(/^(-A FORWARD -j DOCKER-USER\n)(-A FORWARD -j DOCKER-ISOLATION-STAGE-1\n)/m, '$2$1')
    expect(restarted).not.toBe(host)
    expect(parse(restarted, ufw.state)).toMatchObject({ kernel: 'as stored' })
  })

  it('stay closed behind chains of fail2ban', () => {
    const banned = host.replace(
      /(?=-A DOCKER-USER -j trueup-published\n(.*\n){6}-A ufw-)/,
      '-A DOCKER-USER -p tcp -j f2b-web\n',
    )
    expect(banned).not.toBe(host)
    expect(parse(banned, ufw.state)).toMatchObject({ kernel: 'as stored' })
  })

  it('are closed anew where the block is gone or another one, and loaded where the firewall is on', () => {
    const edited = host.replace('-A trueup-published -i br-+ -j RETURN\n', '')
    const overlay = new Overlay(on(edited))
    const [four, six] = both()
    if (four === undefined || six === undefined) throw new Error('two tasks')
    const step = foretell(four, overlay)
    if (step.kind !== 'drift' || step.task.kind !== 'task') throw new Error(step.kind)
    const command = String(step.task.apply(step.drift))
    expect(command).toContain('tu_put /etc/ufw/after.rules 0640 root root')
    expect(command).toContain('/lib/ufw/ufw-init start')
    expect(foretell(six, overlay)).toEqual({ kind: 'ok' })
    expect(judge(ufw.enabled({ ssh: { port: 22 } }), overlay)).toEqual({ kind: 'ok' })
    const off = new Overlay(on(edited.replace('ENABLED=yes', 'ENABLED=no')))
    const later = foretell(four, off)
    if (later.kind !== 'drift' || later.task.kind !== 'task') throw new Error(later.kind)
    expect(String(later.task.apply(later.drift))).not.toContain('ufw-init')
  })

  it('are left alone where a block begins and does not end', () => {
    const cut = host.replace('# END trueup published', '#')
    const [four] = both()
    expect(four && judge(four, on(cut))).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('no “# END trueup published” after it'),
    })
  })

  it('open for those that are named, each in its family', () => {
    const open = [
      { port: 8080 },
      { port: '6000:6007', proto: 'udp', from: '10.0.0.0/8' },
      { port: 53, from: '2001:db8::/32' },
    ] as const
    const lines = (version: 4 | 6) =>
      publishedBlock({ ...OPTIONS, open }, version)
        .split('\n')
        .filter((line) => line.includes('ctorigdstport'))
    expect(lines(4)).toEqual([
      '-A trueup-published -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j RETURN',
      '-A trueup-published -s 10.0.0.0/8 -p udp -m conntrack --ctorigdstport 6000:6007 --ctdir ORIGINAL -j RETURN',
    ])
    expect(lines(6)).toEqual([
      '-A trueup-published -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j RETURN',
      '-A trueup-published -s 2001:db8::/32 -p tcp -m conntrack --ctorigdstport 53 --ctdir ORIGINAL -j RETURN',
    ])
    expect(publishedBlock({ ...OPTIONS, open: 'anywhere' }, 4)).not.toContain('DROP')
  })

  it.each<[ufw.PublishedOptions, string]>([
    [{ ...OPTIONS, bridges: ['eth0 -j ACCEPT'] }, 'not the name of a network interface'],
    [{ ...OPTIONS, open: [{ port: '80,443' }] }, 'not a port'],
    [{ ...OPTIONS, open: [{ port: 80, from: '10.1' }] }, 'not an IP address'],
  ])('refuse %j', (options, why) => {
    expect(() => both(options)).toThrow(why)
  })
})

describe('rules in words', () => {
  it('are one line for what differs in family and source only', () => {
    expect(
      inWords([
        ['in from 0.0.0.0/0 to 0.0.0.0/0 port 22 proto tcp', 'allow # ssh'],
        ['in from ::/0 to ::/0 port 22 proto tcp', 'allow # ssh'],
        ...[1, 2, 3, 4, 5].map((n) => [`in from 10.${n}.0.0/16 to 0.0.0.0/0 port 80,443 proto tcp`, 'allow'] as const),
        ['in on eth0 from 1.2.3.4 to 5.6.7.8 port 25', 'deny log'],
        ['in from ::/0 to ::/0 app Nginx%20Full port 80,443 proto tcp', 'allow'],
        ['route in on eth0 out on eth1 from 10.0.0.0/8 to 0.0.0.0/0', 'allow'],
        ['what nobody foresaw', 'allow'],
      ]),
    ).toEqual([
      'allow 22/tcp (ssh)',
      'allow 80,443/tcp from 10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16 and 2 more ranges',
      'deny log in on eth0 25 to 5.6.7.8 from 1.2.3.4',
      'allow Nginx Full',
      'route allow in on eth0 out on eth1 from 10.0.0.0/8',
      'allow what nobody foresaw',
    ])
  })

  it('tell what goes and what comes', () => {
    const key = 'in from 0.0.0.0/0 to 0.0.0.0/0 port 22 proto tcp'
    expect(changesInWords([{ key, from: 'allow', to: 'allow # ssh' }])).toEqual([
      '- allow 22/tcp',
      '+ allow 22/tcp (ssh)',
    ])
  })

  it('warn of those that nobody named', () => {
    const named: ufw.Rule[] = [{ action: 'allow', port: 22, proto: 'tcp', comment: 'ssh' }]
    const task = ufw.tellsOthers(named)
    const rules = { 'in from 0.0.0.0/0 to 0.0.0.0/0 port 22 proto tcp': 'allow # ssh' }
    expect(judge(task, { get: () => ({ state: rules }) })).toEqual({ kind: 'ok' })
    const more = { ...rules, 'in from 0.0.0.0/0 to 0.0.0.0/0 port 9090 proto tcp': 'allow' }
    expect(judge(task, { get: () => ({ state: more }) })).toMatchObject({
      kind: 'ok',
      warning: expect.stringMatching(/does not name: allow 9090\/tcp; name them in `ufw\.allow`/),
    })
  })
})
