import { describe, expect, it } from 'vitest'
import { compose, RoleError } from '../../lib/runner/compose.ts'
import { PASSWORDS, Vars as StackVars } from '../../roles/compose-stack/vars.ts'
import { passwords } from '../../roles/monitoring/beside.ts'
import monitoring from '../../roles/monitoring/index.ts'
import { project } from '../../roles/monitoring/project.ts'
import { Vars } from '../../roles/monitoring/vars.ts'
import { SITE, TRIXIE } from './facts.ts'

const grafana = { password: 'g' }
const stack = StackVars.parse({ env: Object.fromEntries(PASSWORDS.map((name) => [name, `their ${name}`])) })
const beside = { others: new Map<string, unknown>([['compose-stack', stack]]) }

const titles = (vars: object) =>
  compose([{ role: monitoring, vars: Vars.parse({ grafana, ...vars }) }], SITE, TRIXIE).map(({ task }) => task.title)

describe('passwords of databases', () => {
  it("are compose-stack's where the same run has it, unless the inventory says others", () => {
    const theirs = passwords(Vars.parse({ grafana }), beside)
    expect([theirs.postgres?.reveal(), theirs.redis?.reveal()]).toEqual([
      'their POSTGRES_PASSWORD',
      'their REDIS_PASSWORD',
    ])
    expect(passwords(Vars.parse({ grafana, redis: { password: 'own' } }), beside).redis?.reveal()).toBe('own')
  })

  it('must be said where nobody has them, since what another run has made would be dropped', () => {
    expect(() => titles({})).toThrow(RoleError)
    expect(() => titles({ redis: { password: 'r' } })).toThrow(
      /monitoring\.postgres\.password is missing: .*say it in the inventory, or `monitoring\.watch\.postgres: false`/,
    )
  })

  it('are not needed for what is not watched', () => {
    const told = titles({ watch: { postgres: false, redis: false, nginx: false } })
    expect(told).toContain('no file /srv/shop/monitoring/grafana/dashboards/redis.json'.replace('/srv/shop', SITE.dir))
    expect(told).not.toContain('needs unit nginx.service')
  })

  it('make their exporter anew where they change, and nothing else', () => {
    const definitions = (redis: string) => {
      const vars = Vars.parse({ grafana, postgres: { password: 'p' }, redis: { password: redis } })
      return project(vars, SITE, passwords(vars, {})).options.services
    }
    const [one, other] = [definitions('a'), definitions('b')]
    const changed = Object.keys(one).filter((name) => one[name]?.definition !== other[name]?.definition)
    expect(changed).toEqual(['redis-exporter'])
  })
})

describe('memory', () => {
  const needed = (size: 'document' | 'small') => {
    const others = new Map<string, unknown>([['compose-stack', { ...stack, size }]])
    const list = monitoring.tasks({ vars: Vars.parse({ grafana }), site: SITE, host: TRIXIE, others })
    const task = list.find(({ title }) => title === 'memory kept for the monitoring')
    if (task?.kind !== 'check') throw new Error('it is a check')
    return Number(task.want.probe.key.replace('memoryMb:', ''))
  }

  it.each([
    ['small', 16 * 1024],
    ['document', 32 * 1024],
  ] as const)('of a stack of the size %s, and the monitoring, are there in %i MB', (size, mb) => {
    expect(needed(size)).toBeGreaterThan(1900)
    expect(needed(size)).toBeLessThan(mb * 0.93)
  })
})
