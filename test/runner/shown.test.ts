import { describe, expect, it } from 'vitest'
import { Secret, sh, task } from '../../lib/index.ts'
import { failure, tail } from '../../lib/runner/failure.ts'
import { FakeHost, on, roleOf, run, thing } from './fake-host.ts'

describe('what a run shows', () => {
  it('never tells a secret by the state that an apply left behind', async () => {
    const hash = '76880d60c0ffee'
    const password = task({
      title: 'password',
      want: thing('a').is({ on: true, password: hash }),
      apply: () => sh`nothing`,
      sensitive: ['password'],
    })
    const told = await run(new FakeHost(), [roleOf('r', [password])])
    expect(told.story).toEqual(['password: failed'])
    expect(JSON.stringify(told.events)).not.toContain(hash)
    expect(JSON.stringify(told.events)).toContain('password is still absent, not ‹secret›')
  })

  it('masks before it cuts', () => {
    const token = new Secret('token', `tok-${'x'.repeat(600)}-end`)
    expect(tail(`before ${token.reveal()} after`)).toBe('before ‹secret token› after')
    const flood = `${'y'.repeat(100)}\n`.repeat(2000)
    expect(tail(`${flood}${token.reveal()}\nlast`, 2)).toBe('‹secret token›\nlast')
    expect(failure(sh`echo ${token.reveal()}`, { code: 1, stdout: '', stderr: '' })).toContain('echo ‹secret token›')
  })

  it('takes what a host calls its things as names, whatever they are', async () => {
    const host = new FakeHost(['constructor'])
    const told = await run(host, [roleOf('r', [on('constructor'), on('__proto__x')])])
    expect(told.story).toEqual(['constructor on: ok', '__proto__x on: changed'])
  })

  it('says what to do where a disk is full, unless that was said', () => {
    const full = (stderr: string) => failure(sh`tar -x`, { code: 2, stdout: '', stderr })
    expect(full('tar: x: Cannot write: No space left on device')).toContain(
      'what to do: a file system of the host is full',
    )
    expect(full('No space left on device; the file system / is full (0 kB')).not.toContain('what to do')
    expect(full('tar: x: Permission denied')).not.toContain('what to do')
  })

  it.each([
    'E: Release file for https://x/InRelease is not valid yet (invalid for another 23h 5min). Updates will not be applied.',
    'curl: (60) SSL certificate problem: certificate is not yet valid',
  ])('says what to look at where something is of the future: %s (F18)', (stderr) => {
    expect(failure(sh`x`, { code: 1, stdout: '', stderr })).toContain('the clock of the host may be wrong, date -u')
  })
})
