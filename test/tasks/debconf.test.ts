import { describe, expect, it } from 'vitest'
import { type Declared, Secret, sha256 } from '../../lib/index.ts'
import { debconf } from '../../tasks/debconf.ts'
import { nothing } from '../found.ts'

const postfix = debconf('postfix', {
  'postfix/mailname': ['string', 'example.org'],
  'postfix/main_mailer_type': ['select', 'Satellite system'],
}) as Declared
const mysql = debconf('mysql', {
  'mysql/password': ['password', new Secret('mysql', "p'w $(x)")],
  'mysql/keep': ['boolean', 'true'],
}) as Declared

describe('debconf', () => {
  it('reads answers, also empty ones, by question', () => {
    const { family, key } = postfix.want.probe
    const output = 'postfix/mailname\told.org\npostfix/main_mailer_type\t\nmysql/password\tsha256:ab\n'
    expect(family.parse(output, [key, mysql.want.probe.key], nothing)).toEqual(
      new Map<string, object>([
        [key, { 'postfix/mailname': 'old.org', 'postfix/main_mailer_type': '' }],
        [mysql.want.probe.key, { 'mysql/password': 'sha256:ab' }],
      ]),
    )
    expect(family.parse('', [key], nothing).get(key)).toEqual({})
  })

  it('answers just what is drifted', () => {
    expect(String(postfix.apply({ now: {}, changes: [], keys: ['postfix/main_mailer_type'] }))).toBe(
      `tu_apt_turn debconf-set-selections < <(printf %s 'postfix postfix/main_mailer_type select Satellite system\n')`,
    )
  })

  it('keeps a secret out of the command, the facts and the changes', () => {
    expect(String(mysql.apply({ now: {}, changes: [], keys: ['mysql/password', 'mysql/keep'] }))).toBe(
      'tu_apt_turn debconf-set-selections < <(printf %s ‹secret mysql›)',
    )
    expect(mysql.want.want).toEqual({ 'mysql/password': `sha256:${sha256("p'w $(x)")}`, 'mysql/keep': 'true' })
    expect(mysql.sensitive).toEqual(['mysql/password'])
  })

  it.each<[string, string, Parameters<typeof debconf>[1]]>([
    ['a line end', 'x', { 'x/y': ['string', 'a\nb'] }],
    ['a line that goes on', 'x', { 'x/y': ['string', 'a\\'] }],
    ['space around', 'x', { 'x/y': ['string', ' a'] }],
    ['a question with spaces', 'x', { 'x y': ['string', 'a'] }],
    ['an owner with spaces', 'x y', { 'x/y': ['string', 'a'] }],
    ['a secret in the open', 'x', { 'x/y': ['string', new Secret('s', 'secret')] }],
    ['a password in the open', 'x', { 'x/y': ['password', 'secret'] }],
  ])('refuses %s', (_, owner, questions) => {
    expect(() => debconf(owner, questions)).toThrow(TypeError)
  })
})
