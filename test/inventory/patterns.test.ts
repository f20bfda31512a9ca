import { describe, expect, test } from 'vitest'
import { PatternError, selectHosts } from '../../inventory/patterns.ts'
import { load } from './files.ts'

const inventory = load(`site: { domain: a.b, project: x, dir: /x }
hosts:
  web1: { address: a.b, groups: [web, eu] }
  db1: { address: a.b, groups: [eu] }
  web2: { address: a.b, groups: [web] }
  web10.example.org: { address: a.b, groups: [web] }
groups:
  old: {}
`)

describe('a pattern selects, in the order of the inventory', () => {
  test.each([
    ['all', ['web1', 'db1', 'web2', 'web10.example.org']],
    ['*', ['web1', 'db1', 'web2', 'web10.example.org']],
    ['web1', ['web1']],
    ['web2,web1', ['web1', 'web2']],
    [' web1 , web1 ', ['web1']],
    ['web', ['web1', 'web2', 'web10.example.org']],
    ['eu,web2', ['web1', 'db1', 'web2']],
    ['web?', ['web1', 'web2']],
    ['web*', ['web1', 'web2', 'web10.example.org']],
    ['web**0.*', ['web10.example.org']],
    ['e*', ['web1', 'db1']],
    ['*1', ['web1', 'db1']],
    ['all,!eu', ['web2', 'web10.example.org']],
    ['!eu', ['web2', 'web10.example.org']],
    ['!web1,!db1', ['web2', 'web10.example.org']],
    ['!web*,all', ['db1']],
    ['web,!web1', ['web2', 'web10.example.org']],
    ['all,!old', ['web1', 'db1', 'web2', 'web10.example.org']],
  ])('%s', (pattern, expected) => expect(selectHosts(inventory, pattern)).toEqual(expected))
})

describe('a pattern is refused', () => {
  const rule = 'a pattern is host names, groups, globs (web*) and !exclusions, separated by commas'
  const known = '(known: all, old, web, eu, web1, db1, web2, web10.example.org)'
  const plainly = known.slice(1, -1)
  test.each([
    ['wbe1', `no host or group is called "wbe1"; did you mean "web1"? ${known}`],
    ['mail', `no host or group is called "mail"; ${plainly}`],
    ['web1,!mial', `no host or group is called "mial"; ${plainly}`],
    ['mail*', `no host or group is called "mail*"; ${plainly}`],
    ['web1.', `no host or group is called "web1."; did you mean "web1"? ${known}`],
    ['old', 'the group old has no hosts'],
    ['a*', `no host or group is called "a*"; ${plainly}`],
    ['', `"" cannot be part of a pattern; ${rule}`],
    ['web1,', `"" cannot be part of a pattern; ${rule}`],
    ['!', `"" cannot be part of a pattern; ${rule}`],
    ['web:&eu', `"web:&eu" cannot be part of a pattern; ${rule}`],
    ['&eu', `"&eu" cannot be part of a pattern; ${rule}`],
    ['web[1:2]', `"web[1:2]" cannot be part of a pattern; ${rule}`],
    ['web1 web2', `"web1 web2" cannot be part of a pattern; ${rule}`],
    ['~web.*', `"~web.*" cannot be part of a pattern; ${rule}`],
    ['web1,!all', '"web1,!all" leaves no host'],
  ])('%j', (pattern, message) => {
    expect(() => selectHosts(inventory, pattern)).toThrow(new PatternError(message))
  })

  test('for every part that is wrong, a line each', () => {
    expect(() => selectHosts(inventory, 'a:b,nope')).toThrow(/"a:b" cannot.*\n.*called "nope"/)
  })

  test('where there is no host at all', () => {
    expect(() => selectHosts(load('hosts: {}\n'), 'all')).toThrow(new PatternError('the inventory has no hosts'))
  })
})
