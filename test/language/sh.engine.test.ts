import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { env, quote, Secret, type Sh, sh, stdin } from '../../lib/index.ts'

const run = (shell: string, command: Sh): string =>
  execFileSync(shell, [
    '-c',
    command.render(
      (secret) => quote(secret.reveal()),
      () => '',
    ),
  ]).toString()

describe('sh, in a real shell', () => {
  it.each([
    '',
    '-rf',
    '~',
    '#x',
    '=x',
    'a=b',
    '*',
    '%s',
    '\n',
    '\\',
    '"',
    "'",
    '$(touch /tmp/x)',
    'ä\u{1F600}',
  ])('keeps %j whole in any shell', (word) => {
    for (const shell of ['bash', 'dash']) expect(run(shell, sh`printf %s ${word}`)).toBe(word)
  })

  it('keeps any text whole in bash and dash', () => {
    const word = fc
      .string({ unit: 'binary', maxLength: 40 })
      .filter((text) => !text.includes('\0') && !/[\ud800-\udfff]/.test(text))
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        for (const shell of ['bash', 'dash']) expect(run(shell, sh`printf '%s|' ${words}`)).toBe(`${words.join('|')}|`)
      }),
      { numRuns: 40 },
    )
  })

  it('hands a secret over by stdin and by the environment', () => {
    const password = new Secret('pw', "it's $5")
    expect(run('bash', sh`cat ${stdin(password)}`)).toBe("it's $5")
    expect(run('dash', sh`${env({ A: 'x y', PW: password })} sh -c 'printf %s "$A-$PW"'`)).toBe("x y-it's $5")
  })
})
