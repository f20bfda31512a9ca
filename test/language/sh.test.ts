import { describe, expect, it } from 'vitest'
import { all, blob, env, Secret, sh, stdin } from '../../lib/index.ts'

describe('sh', () => {
  it('quotes every interpolation, lists as one word each, and leaves typed text alone', () => {
    expect(String(sh`install -m ${'0644'} -- ${['a b', "it's", '$(x)']} > /dev/null`)).toBe(
      `install -m 0644 -- 'a b' 'it'\\''s' '$(x)' > /dev/null`,
    )
    expect(String(sh`printf '%s\n' \${x} \`date\``)).toBe("printf '%s\\n' ${x} `date`")
    expect(String(sh`a ${sh`b ${'c d'}`} ${[]}`)).toBe("a b 'c d' ")
    expect(String(all(sh`a`, sh`b`))).toBe('a &&\nb')
  })

  it('refuses what no command can hold', () => {
    expect(() => String(sh`echo ${'a\0b'}`)).toThrow(/NUL/)
    const missing: unknown = undefined
    expect(() => sh`echo ${missing as string} x`).toThrow(/needs a value after “echo ”/)
    expect(() => sh`echo ${new Secret('pw', 'hunter2') as unknown as string}`).toThrow(
      /‹secret pw›: a secret is no argument/,
    )
  })

  it('shows secrets by name and content by size, and sends both', () => {
    const password = new Secret('pw', "it's $5")
    const command = sh`${env({ A: 'x y', PW: password })} cat ${stdin(password)}`
    expect(String(command)).toBe(`A='x y' PW=‹secret pw› cat < <(printf %s ‹secret pw›)`)
    expect(String(sh`tu_put /x ${blob('hello')}`)).toBe('tu_put /x ‹5 B sha256:2cf24dba…›')
    expect(String(sh`tu_put /x ${blob(password)}`)).toBe('tu_put /x ‹7 B secret pw›')
    expect(() => env({ 'A;rm': 'x' })).toThrow(/not the name/)
  })
})
