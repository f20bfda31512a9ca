import { homedir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { defaultSshConfig, parseSshConfig } from '../../lib/session/ssh/config.ts'

const PRINTED = `host bastion
user deploy
hostname 192.0.2.7
port 2222
hashknownhosts yes
identityfile ~/.ssh/work
identityfile /keys/other
userknownhostsfile ~/.ssh/known_hosts /etc/more
globalknownhostsfile /etc/ssh/ssh_known_hosts
identityagent SSH_AUTH_SOCK
proxyjump me@jump:22,other
proxycommand none
sendenv LANG
`

describe('parseSshConfig', () => {
  test('reads what ssh -G prints', () => {
    expect(parseSshConfig(PRINTED)).toEqual({
      address: '192.0.2.7',
      user: 'deploy',
      port: 2222,
      identityFiles: [`${homedir()}/.ssh/work`, '/keys/other'],
      identityAgent: 'SSH_AUTH_SOCK',
      proxyJump: 'me@jump:22,other',
      proxyCommand: undefined,
      hostKeyAlias: undefined,
      hashKnownHosts: true,
      userKnownHosts: [`${homedir()}/.ssh/known_hosts`, '/etc/more'],
      globalKnownHosts: ['/etc/ssh/ssh_known_hosts'],
    })
  })

  test('refuses a port that is none', () => {
    expect(() => parseSshConfig(PRINTED.replace('2222', '70000'))).toThrow()
    expect(() => parseSshConfig('')).toThrow()
  })
})

test('without OpenSSH its defaults hold', () => {
  expect(defaultSshConfig('web1', 'root', 22)).toMatchObject({
    address: 'web1',
    userKnownHosts: [`${homedir()}/.ssh/known_hosts`],
  })
})
