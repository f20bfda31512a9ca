import { describe, expect, it } from 'vitest'
import { place } from './program.ts'

describe('--profile', () => {
  it('tells on stderr where the time went, and leaves what is told otherwise as it is', async () => {
    const { run } = await place()
    const typed = ['--role', 'notes', '--limit', 'web1']
    const first = await run([...typed, '--profile', '--json'])
    expect(first.code).toBe(0)
    for (const line of first.stdout.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('event')
    expect(first.stderr).toMatch(
      /^where the time went: node \d+ ms, program and inventory \d+ ms, variables and roles \d+ ms, hosts \d+ ms$/m,
    )
    expect(first.stderr).toMatch(/^web1 {2}connected in \d+ ms; \d requests, \d+ ms$/m)
    expect(first.stderr).toMatch(/^ {2}asked {2}changes {2}\d+ ms$/m)
    expect(first.stderr).toMatch(/^ {2}asked {2}note:\S+ {2}\d+ ms$/m)
    expect(first.stderr).toMatch(/^ {2}done {2}notes: note one {2}\d+ ms$/m)

    const converged = await run([...typed, '--profile'])
    expect(converged.stderr).toMatch(/connected in \d+ ms; 1 request, /)
    expect(converged.stderr).toMatch(/^ {2}request 1 {2}\d+ ms, \d\S* k?B out, \d\S* k?B in$/m)
    expect(converged.stderr).not.toContain('done')
    expect((await run(typed)).stderr).toBe('')
  })

  it('means nothing where no roles run', async () => {
    const { run } = await place()
    for (const typed of [['verify'], ['history'], ['exec', 'web1', '--', 'true'], ['--list-roles']]) {
      const { code, stderr } = await run(['--profile', ...typed])
      expect([code, stderr]).toEqual([64, expect.stringContaining('--profile means nothing with')])
    }
  })
})
