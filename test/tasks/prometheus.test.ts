import { describe, expect, it } from 'vitest'
import { Secret } from '../../lib/index.ts'
import { judge } from '../../lib/language/judge.ts'
import { adminPassword, login } from '../../tasks/grafana.ts'
import { reload, valid, validAlertmanager } from '../../tasks/prometheus.ts'
import { nothing } from '../found.ts'

const URL = 'http://127.0.0.1:9090'

describe('Prometheus', () => {
  it('reloads by a question on the loopback, which must be answered well', () => {
    expect(String(reload(URL).run)).toBe(
      `curl -sS -m 30 --retry 3 --fail-with-body -X POST ${URL}/-/reload >&2 || [ $? = 7 ]`,
    )
  })

  it('is judged by the program of its own image, which gets the folder by its standard input', () => {
    const { tree, check } = valid('prom/prometheus:v2.48.0', '/srv/it is/prometheus')
    expect(tree).toBe('/srv/it is/prometheus')
    expect(String(check)).toMatch(/ && tar -C '\/srv\/it is\/prometheus' -c \. \| docker run -i --rm --network none /)
    expect(String(check)).toContain('prom/prometheus:v2.48.0')
    expect(String(check)).toContain('promtool check config prometheus.yml')
    expect(String(check)).not.toMatch(/ -v /)
    expect(String(validAlertmanager('a:1', '/x').check)).toContain('amtool check-config alertmanager.yml')
  })
})

describe('the administrator of Grafana', () => {
  const password = new Secret('Grafana password', 'a"b\\c $d')
  const probe = login('http://127.0.0.1:3001', password)

  it.each([
    ['200', 'accepted'],
    ['401', 'refused'],
    ['000', null],
    ['', null],
  ])('answered %j: the password is %s', (stdout, state) => {
    expect(probe.family.parse(stdout, [''], nothing).get('')).toEqual({ password: state })
  })

  it('answered otherwise is an error, not a wrong password', () => {
    expect(() => probe.family.parse('503', [''], nothing)).toThrow('Grafana answered 503')
  })

  it('has a password that is no argument, and quoted for curl', () => {
    const read = probe.family.read([''])
    expect(String(read)).not.toContain('a"b')
    const spelled = read.render(
      (secret) => secret.reveal(),
      () => '',
    )
    expect(spelled).toContain(String.raw`user = "admin:a\"b\\c $d"`)
    const task = adminPassword('x-monitoring', 'grafana', 'http://127.0.0.1:3001', password)
    const step = judge(task, { get: () => ({ state: { password: 'refused' } }) })
    if (step.kind !== 'drift' || step.task.kind !== 'task') throw new Error(step.kind)
    expect(String(step.task.apply(step.drift))).toMatch(
      /reset-admin-password --password-from-stdin >&2 < <\(printf %s ‹secret/,
    )
  })

  it.each(['a\nb', 'a\rb'])('has a password of one line, unlike %j', (text) => {
    expect(() => login('http://x', new Secret('p', text))).toThrow('a password is one line')
  })
})
