import { describe, expect, test } from 'vitest'
import { blob, env, raw, Secret, sh, stdin } from '../../lib/index.ts'
import { spell } from '../../lib/session/compose.ts'

describe('spell', () => {
  test('quotes a secret as one word', () => {
    expect(spell(sh`chpasswd ${stdin(new Secret('root', "it's"))}`)).toBe("chpasswd < <(printf %s 'it'\\''s')")
    expect(spell(sh`${env({ A: new Secret('a', '$x y') })} env`)).toBe("A='$x y' env")
  })

  test('refuses a NUL in a secret without showing it', () => {
    const spelling = () => spell(sh`${env({ A: new Secret('token', 'canary\0') })} env`)
    expect(spelling).toThrow('‹secret token›: it holds a NUL')
    expect(spelling).not.toThrow('canary')
  })

  test('sends text as it is, and everything else as base64', () => {
    expect(spell(sh`cat ${blob('a b\n')}`)).toBe("cat < <(printf %s 'a b\n')")
    expect(spell(sh`cat ${blob('a\0b')}`)).toBe('cat < <(printf %s YQBi | base64 -d)')
    expect(spell(sh`cat ${blob(Buffer.from([0xff]))}`)).toBe('cat < <(printf %s /w== | base64 -d)')
    expect(spell(sh`cat ${blob('x'.repeat(70_000))}`)).toContain('base64 -d')
  })

  test('reads uploaded content from its file', () => {
    const content = blob('large')
    expect(spell(sh`cat ${content}`, new Map([[content.sha256, '/run/x']]))).toBe('cat < /run/x')
  })

  test('leaves text alone', () => {
    expect(spell(raw('a "$b" | c'))).toBe('a "$b" | c')
  })
})
