import { describe, expect, it } from 'vitest'
import { blob, sh, type Sh } from '../../lib/index.ts'
import { canCopy, throwaway } from '../tasks/bash.ts'

/** A systemd that only notes what it is told. */
const SYSTEMD = sh`mkdir -p /run/systemd/system && printf '#!/bin/sh\necho "$*" >> /run/told\n' > /usr/local/sbin/systemctl && chmod +x /usr/local/sbin/systemctl`

const on = (...commands: readonly (Sh | string)[]) => {
  const { code, stdout, stderr } = throwaway(SYSTEMD, ...commands)
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return stdout
}

describe.skipIf(!canCopy())('on a host', () => {
  it('what is owed is written down for root alone, told of, run, and gone', () => {
    const script = blob('# {"id":"x"}\ntouch "/run/it ran"\n')
    const said = on(
      sh`tu_owe 'a%3Ab' ${script}`,
      'tu_left; stat -c "%a %U" /var/lib/trueup /var/lib/trueup/pending /var/lib/trueup/pending/*',
      sh`tu_settle 'a%3Ab'`,
      'tu_left; ls "/run/it ran"; ls /var/lib/trueup 2> /dev/null || :',
    )
    expect(said).toBe('owed {"id":"x"}\n700 root\n700 root\n600 root\n/run/it ran\n')
  })

  it('what fails, or ends early, stays owed only where it failed', () => {
    const said = on(
      sh`tu_owe fails ${blob('# 1\nfalse\n')}; tu_owe ends ${blob('# 2\nexit 0\n')}`,
      '! tu_settle fails; tu_settle ends; tu_left',
      'tu_paid fails none; tu_left; ls /var/lib/trueup 2> /dev/null || :',
    )
    expect(said).toBe('owed 1\n')
  })

  it('a guard keeps what is there and what is not, and the host puts both back, with one undo', () => {
    const undo = blob('cat /etc/guarded/a > /run/undone; echo undone >> /run/undone\n')
    const said = on(
      sh`mkdir /etc/guarded; printf old > /etc/guarded/a; chmod 0640 /etc/guarded/a; ln -s a /etc/guarded/link`,
      sh`tu_guard 'one step' /etc/guarded/a /etc/guarded/link ${'/etc/guarded/it is new'} ${undo}`,
      sh`printf new > /etc/guarded/a; chmod 0666 /etc/guarded/a; ln -sf b /etc/guarded/link; touch ${'/etc/guarded/it is new'}`,
      sh`tu_guard second /etc/guarded/a ${undo}`,
      'printf newer > /etc/guarded/a; tu_left',
      'systemctl -V; bash /var/lib/trueup/guard/put-back; bash /etc/none 2> /dev/null || tu_left',
      'cat /run/undone; stat -c "%a %N" /etc/guarded/*; ls /etc/systemd/system | grep trueup || :',
      'tu_put_back; tu_left; ls /var/lib/trueup 2> /dev/null || :; cat /run/told',
    )
    expect(said.replaceAll(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'NOW')).toBe(
      [
        'armed',
        'put-back “one step”, “second” at NOW',
        'oldundone',
        "640 '/etc/guarded/a'",
        "777 '/etc/guarded/link' -> 'a'",
        '“one step”, “second” at NOW',
        'show --value -p NeedDaemonReload trueup-guard.service trueup-guard.timer',
        'restart trueup-guard.timer',
        'restart trueup-guard.timer',
        '-V',
        'stop --no-block trueup-guard.timer',
        'daemon-reload',
        '',
      ].join('\n'),
    )
  })

  it('a guard is on the disk, for the timer and for the next boot, until it is proved', () => {
    const said = on(
      sh`tu_guard step ${blob('touch /run/undone')}`,
      'cd /etc/systemd/system; readlink multi-user.target.wants/trueup-guard.service; grep -hE "^(ExecStart|OnActiveSec|AccuracySec)" trueup-guard.*',
      'tu_proved; tu_left; ls -d /var/lib/trueup /run/undone /etc/systemd/system/trueup* /etc/systemd/system/*/trueup* 2> /dev/null || :',
    )
    expect(said).toBe(
      '/etc/systemd/system/trueup-guard.service\nExecStart=/bin/bash /var/lib/trueup/guard/put-back\nOnActiveSec=60\nAccuracySec=1s\n',
    )
  })

  it('a proof that comes too late is told what was put back', () => {
    const { code, stderr } = throwaway(
      SYSTEMD,
      sh`tu_guard step ${blob('true')}; bash /var/lib/trueup/guard/put-back; tu_proved`,
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(/^“step” at 20/)
  })

  it('nothing is changed where the host cannot be armed', () => {
    const { code, stdout, stderr } = throwaway(sh`tu_guard step ${blob('true')} || exit`, 'echo changed')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('a guard needs root and systemd; nothing was changed')
    expect(throwaway('tu_proved').code).toBe(0)
  })
})
