import * as z from 'zod'
import { describe, expect, it } from 'vitest'
import { selectRoles } from '../../lib/cli/roles.ts'
import { runId } from '../../lib/cli/run-id.ts'
import { role } from '../../lib/index.ts'

const roles = ['base', 'ufw', 'docker', 'nginx'].map((name) => role({ name, vars: z.unknown(), tasks: () => [] }))
const select = (typed: string[], from?: string) =>
  selectRoles(typed, from, roles, (path) => path === 'roles/mail.ts').map(({ name }) => name)

describe('roles', () => {
  it.each([
    [['all'], undefined, ['base', 'ufw', 'docker', 'nginx']],
    [['nginx', 'base'], undefined, ['base', 'nginx']],
    [['nginx', 'nginx'], undefined, ['nginx']],
    [['nginx', 'all'], undefined, ['base', 'ufw', 'docker', 'nginx']],
    [['all'], 'docker', ['docker', 'nginx']],
    [['nginx', 'ufw'], 'nginx', ['nginx']],
  ])('%j from %s', (typed, from, expected) => {
    expect(select(typed, from)).toEqual(expected)
  })

  it.each([
    [[], undefined, 'say which roles: --role all, or of base, ufw, docker, nginx; --help shows more'],
    [['ngnix'], undefined, 'no role is called "ngnix"; did you mean "nginx"? (known: all, base, ufw, docker, nginx)'],
    [['ufw', ''], undefined, 'no role is called ""; known: all, base, ufw, docker, nginx'],
    [['certs'], undefined, 'the role certs is not built yet (known: all, base, ufw, docker, nginx)'],
    [['mail'], undefined, 'roles/mail.ts is there, but roles/index.ts does not list its role'],
    [['../roles/mail'], undefined, 'no role is called "../roles/mail"; known: all, base, ufw, docker, nginx'],
    [['ufw'], 'nginx', '--from "nginx" is not among the roles that run; they are: ufw'],
  ])('%j from %s is refused', (typed, from, message) => {
    expect(() => select(typed, from)).toThrow(message)
  })
})

it('names runs so that later ones sort last', () => {
  expect(runId(new Date('2026-11-24T07:30:00.123Z'))).toMatch(/^20261124T073000Z-[0-9a-f]{4}$/)
})
