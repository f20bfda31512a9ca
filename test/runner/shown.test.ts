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
})
