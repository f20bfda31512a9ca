import { describe, expect, it } from 'vitest'
import type { State, Task } from '../../lib/index.ts'
import { judge, type Reading } from '../../lib/language/judge.ts'
import { foretell, Overlay } from '../../lib/language/plan.ts'
import {
  keyExchanges,
  listens,
  portAdmitted,
  reload,
  socketPort,
  sshd,
  sshdInEffect,
  type SshdOptions,
  sshdSettings,
} from '../../tasks/sshd.ts'
import { nothing } from '../found.ts'

const DROPIN = '/etc/ssh/sshd_config.d/00-trueup.conf'
const MAIN = 'Include /etc/ssh/sshd_config.d/*.conf\nKbdInteractiveAuthentication no\nUsePAM yes\nX11Forwarding yes\n'
const OPTIONS: SshdOptions = {
  maxAuthTries: 4,
  maxSessions: 10,
  tcpForwarding: 'local',
  exempt: ['192.0.2.0/24', '2001:db8::/32'],
  more: {},
}

/** What `sshd -V` says there. */
const NOBLE = 'OpenSSH_9.6p1 Ubuntu-3ubuntu13.5, OpenSSL 3.0.13 30 Jan 2024\n'
const BOOKWORM = 'OpenSSH_9.2, OpenSSL 3.0.22 25 Aug 2026\n'
const TRIXIE = 'OpenSSH_10.0p2 Debian-7+deb13u4, OpenSSL 3.5.9 29 Sep 2026\n'
const SETTINGS =
  'port 22\naddressfamily any\nlistenaddress [::]:22\nlistenaddress 0.0.0.0:22\nmaxauthtries 6\npermitrootlogin without-password\npasswordauthentication yes\nloglevel INFO\n'

interface Facts {
  readonly said: string
  readonly generator?: boolean
  readonly settings?: string
  readonly code?: number
  readonly files?: Readonly<Record<string, string>>
}

const read = ({
  said,
  generator = false,
  settings = SETTINGS,
  code = 0,
  files = { '/etc/ssh/sshd_config': MAIN },
}: Facts) => {
  const texts = Object.entries(files).map(([name, text]) => `${name}\0${text}\0`)
  const parsed = sshd.family
    .parse(`${said}\0${generator ? 'yes' : ''}\0${settings}\0${code}\0${texts.join('')}`, [''], nothing)
    .get('')
  if (parsed === undefined || parsed instanceof Error) throw new Error('unreadable')
  return parsed
}

const view = (facts: Readonly<Record<string, State>>) => ({
  get: ({ id }: { id: string }): Reading => ({ state: facts[id] ?? {} }),
})

const textOf = (task: Task, state: State): string => {
  const step = judge(task, view({ sshd: state }))
  if (step.kind !== 'drift') throw new Error(JSON.stringify(step))
  return step.task.preview?.after('') ?? ''
}

/** The state once everything is as ours says. */
const settled = (said: string, options = OPTIONS): State => {
  const overlay = new Overlay(view({ sshd: read({ said }) }))
  foretell(sshdSettings(options, 22), overlay)
  const reading = overlay.get(sshd)
  if (reading === undefined || !('state' in reading)) throw new Error('unknown')
  return reading.state
}

describe('sshd', () => {
  it.each([
    ['Ubuntu 24.04', NOBLE, '9.6p1'],
    ['Debian 12', BOOKWORM, '9.2'],
    ['Debian 13', TRIXIE, '10.0p2'],
  ])('tells its version on %s', (_, said, version) => {
    expect(read({ said })).toMatchObject({
      version,
      broken: null,
      maxauthtries: '6',
      listenaddress: '[::]:22 0.0.0.0:22',
      included: true,
    })
  })

  it('is not there before it is installed', () => {
    const state = sshd.family.parse('', [''], nothing).get('')
    expect(state).toEqual({ version: null, generator: false, broken: null })
    expect(judge(sshdSettings(OPTIONS, 22), view({ sshd: state as State }))).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('openssh-server'),
    })
  })

  it.each([
    [NOBLE, ['sntrup761x25519-sha512@openssh.com'], ['mlkem', 'sntrup761x25519-sha512,', 'PerSource']],
    [BOOKWORM, ['sntrup761x25519-sha512@openssh.com'], ['mlkem', 'sntrup761x25519-sha512,', 'PerSource']],
    [
      TRIXIE,
      [
        'mlkem768x25519-sha256,sntrup761x25519-sha512,',
        'PerSourcePenaltyExemptList 127.0.0.0/8,::1,192.0.2.0/24,2001:db8::/32\n',
      ],
      [],
    ],
  ])('is set as its version can be (%#)', (said, has, lacks) => {
    const text = textOf(sshdSettings(OPTIONS, 22), read({ said }))
    for (const part of [...has, 'curve25519-sha256', 'RequiredRSASize 2048\n', 'AllowTcpForwarding local\n'])
      expect(text).toContain(part)
    for (const part of [...lacks, 'Port ', 'sha1', 'nistp']) expect(text).not.toContain(part)
  })

  it('offers post-quantum key exchanges first, and one that clients without them speak', () => {
    for (const version of ['9.2', '9.6p1', '10.0p2']) {
      expect(keyExchanges(version)[0]).toMatch(/^(mlkem|sntrup)/)
      expect(keyExchanges(version)).toContain('curve25519-sha256')
    }
  })

  it('takes further settings in place of its own', () => {
    const text = textOf(
      sshdSettings({ ...OPTIONS, more: { logLevel: 'INFO', Banner: '/etc/issue.net' } }, 22),
      read({ said: NOBLE }),
    )
    expect(text).toContain('logLevel INFO\nBanner /etc/issue.net\n')
    expect(text).not.toContain('LogLevel VERBOSE')
  })

  it('does not ask for what some versions obey and do not tell', () => {
    const { debianbanner, ...told } = settled(BOOKWORM)
    expect(debianbanner).toBeUndefined()
    expect(judge(sshdInEffect(OPTIONS), view({ sshd: told }))).toEqual({ kind: 'ok' })
    expect(textOf(sshdSettings(OPTIONS, 22), read({ said: BOOKWORM }))).toContain('DebianBanner no')
  })

  it('foretells what will be in effect', () => {
    for (const said of [NOBLE, BOOKWORM, TRIXIE])
      expect(judge(sshdInEffect(OPTIONS), view({ sshd: settled(said) }))).toEqual({ kind: 'ok' })
  })

  it('is mended where its configuration is broken', () => {
    const broken = read({ said: TRIXIE, code: 255, settings: `${DROPIN}: line 2: Bad configuration option: Typo\n` })
    expect(broken.broken).toContain('Bad configuration option')
    const overlay = new Overlay(view({ sshd: broken }))
    expect(foretell(sshdSettings(OPTIONS, 22), overlay).kind).toBe('drift')
    expect(foretell(sshdInEffect(OPTIONS), overlay)).toEqual({ kind: 'ok' })
    expect(judge(sshdInEffect(OPTIONS), view({ sshd: broken }))).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('would not start again'),
    })
  })

  it.each<[string, Readonly<Record<string, string>>, string]>([
    [
      'another file comes first',
      {
        '/etc/ssh/sshd_config': MAIN,
        '/etc/ssh/sshd_config.d/00-a.conf': '# x\nPasswordAuthentication yes\n',
        [DROPIN]: '',
      },
      'passwordauthentication is yes, not no: /etc/ssh/sshd_config.d/00-a.conf:2 comes first',
    ],
    [
      'sshd_config says so ahead of its drop-ins',
      { '/etc/ssh/sshd_config': `PasswordAuthentication=yes\n${MAIN}` },
      'passwordauthentication is yes, not no: /etc/ssh/sshd_config:1 comes first',
    ],
    [
      'sshd_config reads no drop-ins',
      { '/etc/ssh/sshd_config': 'UsePAM yes\n' },
      'passwordauthentication is yes, not no: /etc/ssh/sshd_config does not include',
    ],
  ])('is told of where %s, already by a dry run', (_, files, message) => {
    const overlay = new Overlay(view({ sshd: read({ said: NOBLE, files }) }))
    expect(foretell(sshdSettings(OPTIONS, 22), overlay).kind).toBe('drift')
    expect(foretell(sshdInEffect(OPTIONS), overlay)).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining(message),
    })
  })

  it('leaves alone what comes after ours or holds for some only', () => {
    const files = {
      '/etc/ssh/sshd_config': `${MAIN}PasswordAuthentication yes\n`,
      '/etc/ssh/sshd_config.d/00-a.conf': 'Match User x\nPasswordAuthentication yes\n',
      '/etc/ssh/sshd_config.d/50-cloud-init.conf': 'PasswordAuthentication yes\n',
    }
    const found = read({ said: NOBLE, files })
    expect(Object.keys(found).filter((key) => key.startsWith('before:'))).toEqual([])
  })
})

describe('a port of its own', () => {
  const moved = { ...OPTIONS, port: 2222 }

  it('is added to by any other file', () => {
    const files = { '/etc/ssh/sshd_config': `${MAIN}Port 22\n` }
    const state = { ...settled(NOBLE, moved), ...read({ said: NOBLE, files, settings: 'port 22\nport 2222\n' }) }
    expect(judge(sshdInEffect(moved), view({ sshd: state }))).toMatchObject({
      message: expect.stringContaining('port is 22 2222, not 2222: /etc/ssh/sshd_config:5 adds to it'),
    })
  })

  it("is written into Debian's ssh.socket; Ubuntu's takes it from sshd_config", () => {
    const debian = textOf(socketPort(2222), read({ said: TRIXIE }))
    expect(debian).toContain('[Socket]\nListenStream=\nListenStream=2222\n')
    expect(judge(socketPort(2222), view({ sshd: read({ said: NOBLE, generator: true }) }))).toEqual({ kind: 'ok' })
  })

  it('restarts ssh.socket where that is what listens, after systemd has read it anew', () => {
    const run = String(reload(2222).run)
    expect(run.indexOf('daemon-reload')).toBeLessThan(run.indexOf('systemctl restart ssh.socket'))
    expect(run).toContain('08AE')
    expect(reload(2222).want).toEqual(listens('2222').is({ listens: true }))
    expect(String(reload().run)).toBe('systemctl reload-or-restart ssh.service')
  })

  it('is seen in /proc/net/tcp', () => {
    const found = listens('22').family.parse('0050\n08AE\n', ['22', '80', '2222'], nothing)
    expect([...found.values()]).toEqual([{ listens: false }, { listens: true }, { listens: true }])
  })

  it('is not given up by just no longer naming it', () => {
    const files = { '/etc/ssh/sshd_config': MAIN, [DROPIN]: 'Port 2222\n' }
    expect(judge(sshdSettings(OPTIONS, 2222), view({ sshd: read({ said: NOBLE, files }) }))).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('ssh.port no longer says so'),
    })
    // A line that somebody has added there is drift like any other.
    expect(judge(sshdSettings(OPTIONS, 22), view({ sshd: read({ said: NOBLE, files }) })).kind).toBe('drift')
  })

  it.each([
    ['the firewall is off', { enabled: false }, {}, 'ok'],
    ['its rules admit it', { enabled: true }, { 'in from 0.0.0.0/0 to 0.0.0.0/0 port 2222 proto tcp': 'allow' }, 'ok'],
    ['its rules do not', { enabled: true }, { 'in from 0.0.0.0/0 to 0.0.0.0/0 port 22 proto tcp': 'allow' }, 'failed'],
  ])('where %s', (_, state, rules, kind) => {
    const step = judge(portAdmitted(2222, '192.0.2.7'), view({ 'ufw:state': state, 'ufw:rules': rules }))
    expect(step.kind).toBe(kind)
    if (step.kind === 'failed') expect(step.message).toContain('`ufw.ssh.ports: [2222]`')
  })
})
