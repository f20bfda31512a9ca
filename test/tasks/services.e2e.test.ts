import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quote, type Task } from '../../lib/index.ts'
import { Overlay } from '../../lib/language/plan.ts'
import { cronEscape, cronFile } from '../../tasks/cron.ts'
import * as docker from '../../tasks/docker.ts'
import * as nginx from '../../tasks/nginx.ts'
import * as systemd from '../../tasks/systemd.ts'
import { timer } from '../../tasks/timer.ts'
import { dropin, unitFile } from '../../tasks/unit-file.ts'
import * as ufw from '../../tasks/ufw.ts'
import { down, reset, up } from '../sandbox/index.ts'
import { hands } from './hands.ts'

/** Tasks one by one on a booted host: what is read, what it takes, and that it is so afterwards. */
const HOST = 'services'

const { run, look, judged, mend, refused, harm } = hands(HOST)

beforeAll(async () => {
  await up([HOST])
  await reset([HOST])
})
afterAll(() => down([HOST]))

it('finds what was foretold of packages', async () => {
  const claims = [...ufw.provided, ...nginx.provided('trixie'), ...docker.provided('trixie')]
  const overlay = new Overlay((await look(claims.map(({ probe }) => probe))).latest)
  for (const claim of claims) overlay.claim(claim, 'apt install')
  await harm(
    'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends install ufw nginx docker.io >&2',
  )
  const facts = await look(claims.map(({ probe }) => probe))
  for (const { probe } of claims) expect([probe.id, facts.get(probe)]).toEqual([probe.id, overlay.get(probe)])
})

describe('the firewall', () => {
  const rules: readonly ufw.Rule[] = [
    { action: 'allow', port: 22, proto: 'tcp', comment: 'ssh' },
    { action: 'allow', ports: [443, 80], proto: 'tcp', from: '10.0.0.0/8' },
    { action: 'limit', port: 2222, proto: 'tcp' },
    { action: 'deny', interface: 'eth0', from: '2001:db8::/32', port: '6000:6007', proto: 'udp', comment: 'é "x" $y' },
  ]
  const on = ufw.enabled({ ssh: { port: 22 } })

  it('is not closed before ssh is let in', async () => {
    expect(await judged(on)).toMatchObject({ kind: 'failed', message: expect.stringContaining('port 22') })
    await mend(ufw.stores(rules))
    await mend(on)
    expect(await judged(ufw.onlyRules(rules))).toEqual({ kind: 'ok' })
  })

  /** Done over ssh, so none of these may keep ssh out. */
  it.each([
    'iptables -D ufw-user-input -p tcp --dport 2222 -j ufw-user-limit-accept',
    'ip6tables -I ufw6-user-input -j ACCEPT',
    'iptables -P INPUT ACCEPT',
    'iptables -P INPUT ACCEPT; iptables -F INPUT',
    'iptables -P INPUT ACCEPT; iptables -F',
    'iptables -P INPUT ACCEPT; iptables -F ufw-before-input',
    'nft flush ruleset',
    'ufw --force disable',
  ])('is mended after %s', async (command) => {
    await harm(command)
    await mend(on)
  })

  it('loses the rules of others when that is asked for', async () => {
    await harm(
      'ufw allow OpenSSH; ufw route allow log in on eth0 out on eth1 from 10.0.0.0/8; ufw allow 22/tcp comment other; ufw allow log 24; ufw allow out 53',
    )
    await mend(ufw.onlyRules(rules))
    expect(await judged(on)).toEqual({ kind: 'ok' })
  })

  it('takes other defaults', async () => {
    for (const wants of [
      { incoming: 'reject', outgoing: 'deny', routed: 'allow', ipv6: false },
      { incoming: 'deny', outgoing: 'allow', routed: 'deny', ipv6: true },
    ] as const) {
      await mend(ufw.defaults(wants))
      expect(await judged(on)).toEqual({ kind: 'ok' })
    }
    await mend(ufw.stores(rules))
    for (const level of ['medium', 'off', 'low'] as const) await mend(ufw.logging(level))
    expect(await judged(on)).toEqual({ kind: 'ok' })
  })
})

describe('units', () => {
  it('are started, unmasked and stopped', async () => {
    await harm('systemctl mask --now nginx; systemctl stop cron; systemctl disable cron; systemctl mask --runtime cron')
    await mend(systemd.running('nginx'))
    await mend(systemd.running('cron'))
    await mend(systemd.stopped('nginx'))
    await mend(systemd.masked('nginx'))
    await mend(systemd.running('nginx'))
    expect(await judged(systemd.stopped('none'))).toEqual({ kind: 'ok' })
  })

  it('of our own are known at once, and again after they were changed by hand', async () => {
    await mend(
      unitFile({
        name: 'foo@.service',
        content: '[Service]\nExecStart=sleep 1000\n[Install]\nWantedBy=multi-user.target\n',
      }),
    )
    await mend(systemd.running('foo@bar'))
    await mend(dropin({ unit: 'foo@bar', name: '10-nice', content: '[Service]\nNice=5\n' }))
    expect(await judged(systemd.running('foo@bar'))).toEqual({ kind: 'ok' })
    await harm('echo Nice=6 >> /etc/systemd/system/foo@bar.service.d/10-nice.conf')
    await mend(systemd.running('foo@bar'))
  })

  it('that keep dying are neither up nor down', async () => {
    await mend(
      unitFile({ name: 'die.service', content: '[Service]\nExecStart=false\nRestart=always\nRestartSec=60\n' }),
    )
    await run('systemctl start die; sleep 0.3')
    const facts = await look([systemd.unit('die')])
    expect(facts.get(systemd.unit('die'))).toMatchObject({ state: { active: 'activating' } })
    await mend(systemd.stopped('die'))
  })

  it('run at their times, with their words', async () => {
    const words = ['a b', '$HOME', '50%', '"q"', "it's", '\\n', ';', '', 'é']
    const tick = (onCalendar: string) =>
      timer({ name: 'tick', description: '50%', onCalendar, command: ['/usr/bin/printf', '%s|', ...words] })
    for (const task of tick('*-*-* 03:00:00 Europe/Warsaw'))
      if (task.title !== 'unit tick.service known') await mend(task)
    await run('systemctl start tick')
    expect((await run('journalctl -u tick -o cat')).stdout).toContain(words.map((word) => `${word}|`).join(''))
    expect(await refused(tick('*-*-* 25:00:00')[1] as Task)).toContain('Failed to parse calendar')
  })
})

describe('nginx', () => {
  const site = (more = '') =>
    `server { listen 8081; add_header X-Test ${nginx.nginxQuote('a "b" ; {c} \\ #d')}; location / { return 200 ok; } ${more} }\n`

  it('serves its sites and no others', async () => {
    await mend(nginx.siteFile({ name: 'one', content: site() }))
    await mend(nginx.siteLink({ name: 'one' }))
    await mend(nginx.onlySites(['one']))
    expect(await run(nginx.reload.run)).toMatchObject({ code: 0 })
    expect((await run('curl -si http://127.0.0.1:8081/')).stdout).toContain('X-Test: a "b" ; {c} \\ #d\r\n')
  })

  it('refuses a site that it would not start with, and nothing is changed (F11)', async () => {
    expect(await refused(nginx.siteFile({ name: 'one', content: site('bogus;') }))).toContain(
      'unknown directive "bogus"',
    )
    await mend(nginx.siteFile({ name: 'two', content: 'bogus;' }))
    expect(await refused(nginx.siteLink({ name: 'two' }))).toContain('nothing was replaced')
    expect(await run('nginx -q -t && ls /etc/nginx/sites-enabled')).toMatchObject({ code: 0, stdout: 'one\n' })
  })

  it('is rid of several broken sites at once', async () => {
    await harm(`cd /etc/nginx/sites-enabled && ln -s /nowhere ghost && echo bogus > "it's" && rm one`)
    await mend(nginx.onlySites(['one']))
  })
})

describe('docker', () => {
  it('is asked only when it runs, and not started by that', async () => {
    expect(await judged(docker.engineAtLeast('26.1', 'x'))).toEqual({ kind: 'ok' })
    expect(await judged(docker.engineAtLeast('99', 'x'))).toMatchObject({ kind: 'ok', warning: expect.any(String) })
    await harm('systemctl stop docker')
    expect(await judged(docker.engineAtLeast('26.1', 'x'))).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('not running'),
    })
    expect((await run('systemctl is-active docker')).stdout).toBe('inactive\n')
    await harm('systemctl start docker')
  })

  it('that does not start says why, in the words of its unit (F15)', async () => {
    await harm(
      `systemctl stop docker docker.socket; mkdir -p /run/systemd/system/docker.service.d && printf '[Service]\\nExecStart=\\nExecStart=/bin/sh -c "echo no room for an engine; exit 1"\\nRestart=no\\n' > /run/systemd/system/docker.service.d/broken.conf && systemctl daemon-reload`,
    )
    expect(await refused(systemd.running('docker.service'))).toContain('no room for an engine')
    await harm('rm -r /run/systemd/system/docker.service.d; systemctl daemon-reload; systemctl reset-failed docker')
    await mend(systemd.running('docker.service'))
  })

  it('judges its settings', async () => {
    await mend(docker.daemonConfig({ 'live-restore': true, 'log-driver': 'local' }))
    expect(await refused(docker.daemonConfig({ 'no-such-setting': 1 }))).toContain('nothing was replaced')
    expect(await run(docker.restartDocker.run)).toMatchObject({ code: 0 })
  })
})

it('cron runs a command as it was given', async () => {
  const words = ['a\\b', '50%', 'a\\\\b', '\\%', '\\\\%', '$HOME', '"', "it's", 'x\\', '\\\\\\', 'a\\%b\\\\c%']
  const command = `printf '[%s]' ${words.map(quote).join(' ')} "$A" > /root/cron.out`
  expect(cronEscape('50%')).toBe('50\\%')
  await mend(cronFile({ name: 'words', env: { A: 'x "y" 5%' }, jobs: [{ schedule: '* * * * *', command }] }))
  const { stdout } = await run('for n in {1..75}; do [ -s /root/cron.out ] && break; sleep 1; done; cat /root/cron.out')
  expect(stdout).toBe([...words, 'x "y" 5%'].map((word) => `[${word}]`).join(''))
})
