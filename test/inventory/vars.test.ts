import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { checkVars, resolveHosts, roleVars } from '../../inventory/vars.ts'
import { type Role, role } from '../../lib/language/role.ts'
import { Secret } from '../../lib/language/secret.ts'
import { maybeSecret, secret } from '../../lib/language/zod.ts'
import { load, said, small } from './files.ts'

const ufw = role({
  name: 'ufw',
  vars: z.strictObject({
    ssh: z.string().default('22/tcp'),
    allow: z.array(z.string().regex(/^\d+(\/(tcp|udp))?$/, 'a rule is a port such as 22 or 53/udp')).default([]),
  }),
  tasks: () => [],
})

const app = role({
  name: 'app',
  vars: z.strictObject({
    image: z.string().describe('the image to run'),
    replicas: z.int().min(1).max(9).default(1),
    size: z.enum(['document', 'small']).default('document'),
    password: secret().optional(),
    env: z.record(z.string(), maybeSecret()).default({}),
    limits: z.strictObject({ memory: z.string(), cpu: z.number().multipleOf(0.5).optional() }).optional(),
    names: z
      .array(z.string())
      .min(1)
      .refine((all) => new Set(all).size === all.length, 'names must differ')
      .optional(),
    from: z.union([z.string(), z.strictObject({ build: z.string() }), z.array(z.string())]).optional(),
    probe: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('http'), path: z.string() }),
        z.strictObject({ kind: z.literal('tcp') }),
      ])
      .optional(),
  }),
  tasks: () => [],
})

const problems = async (
  text: string,
  roles: readonly Role[] = [ufw, app],
  known = { built: ['ufw', 'app'], planned: ['docker'] },
) => {
  const inventory = load(text)
  try {
    await checkVars(inventory, [...inventory.hosts.keys()], roles, known)
    return []
  } catch (error) {
    return said(error)
  }
}

test('the variables of a role are typed, with defaults', async () => {
  const inventory = load(small('', '    vars: { ufw: { allow: [80/tcp] } }\n'))
  const vars: { ssh: string; allow: string[] } = await roleVars(inventory, 'web1', ufw)
  expect(vars).toEqual({ ssh: '22/tcp', allow: ['80/tcp'] })
  expect(await roleVars(load(small()), 'web1', ufw)).toEqual({ ssh: '22/tcp', allow: [] })
})

test('checkVars gives the variables of every host and role', async () => {
  const inventory = load(
    small('vars: { app: { image: a } }\n', '  web2:\n    address: a.b\n    vars: { app: { replicas: 2 } }\n'),
  )
  const checked = await checkVars(inventory, ['web1', 'web2'], [ufw, app], { built: ['ufw', 'app'], planned: [] })
  expect(checked.get('web1')?.get('app')).toEqual({ image: 'a', replicas: 1, size: 'document', env: {} })
  expect(checked.get('web2')?.get('app')).toMatchObject({ image: 'a', replicas: 2 })
  expect(checked.get('web2')?.get('ufw')).toEqual({ ssh: '22/tcp', allow: [] })
})

describe('what is wrong with a variable', () => {
  const head = small('', '    vars:\n      app:\n        image: x\n')
  test.each([
    [
      'imag: y',
      '8:9  app has an unknown key "imag"; did you mean "image"? (allowed: image, replicas, size, password, env, limits, names, from, probe)',
    ],
    ['replicas: 0', '8:19  app.replicas is 0; allowed: at least 1'],
    ['replicas: 10', '8:19  app.replicas is 10; allowed: at most 9'],
    ['replicas: 1.5', '8:19  app.replicas is 1.5; allowed: a whole number'],
    ['replicas: "3"', '8:19  app.replicas is "3"; allowed: a number; write it without quotes'],
    ['size: smal', '8:15  app.size is "smal"; did you mean "small"? (allowed: document, small)'],
    ['password: 12345', '8:19  app.password is a plain number; allowed: a secret, or text; quote it'],
    ['password: ""', '8:19  app.password is plain text; allowed: at least 1 character'],
    ['env: { A: 5432 }', "8:19  app.env.A is 5432; allowed: text, or a secret; quote it: '5432'"],
    ['env: { A: }', '8:16  app.env.A is empty; allowed: text, or a secret'],
    ['env: [A=b]', '8:9  app.env is a list; allowed: a map'],
    ['limits: {}', '8:9  app.limits.memory is missing; allowed: text'],
    ['limits: { memory: 1.10 }', "8:27  app.limits.memory is 1.10; allowed: text; quote it: '1.10'"],
    ['limits: { memory: true }', "8:27  app.limits.memory is true; allowed: text; quote it: 'true'"],
    ['limits: { memory: 1G, cpu: 0.7 }', '8:36  app.limits.cpu is 0.7; allowed: multiples of 0.5'],
    [
      'limits: { memory: !secret m }',
      '8:27  secret m is missing; set TRUEUP_SECRET_M, or add m to secrets.age (no such file)',
    ],
    ['names: []', '8:9  app.names has the wrong length; allowed: at least 1 entry'],
    ['names: [a, a]', '8:9  app.names is wrong; names must differ'],
    ['from: 1', "8:15  app.from is 1; allowed: text, or a map, or a list; quote it: '1'"],
    [
      'from: { biuld: . }',
      '8:9  app.from.build is missing; allowed: text',
      '8:17  app.from has an unknown key "biuld"; did you mean "build"? (allowed: build)',
    ],
    ['from: [a, 1]', "8:19  app.from[1] is 1; allowed: text; quote it: '1'"],
    ['probe: { kind: htp }', '8:24  app.probe.kind is "htp"; allowed: http, tcp'],
    ['probe: {}', '8:9  app.probe.kind is missing; allowed: http, tcp'],
    ['probe: { kind: http }', '8:9  app.probe.path is missing; allowed: text'],
  ])('%s', async (line, ...expected) => {
    expect(await problems(`${head}        ${line}\n`)).toEqual(expected.map((text) => `i.yml:${text}`))
  })

  test('a key is missing: at the role, or else at the host', async () => {
    expect(await problems(small('', '    vars:\n      app: {}\n'))).toEqual([
      'i.yml:6:7  app.image is missing; wanted: the image to run',
    ])
    expect(await problems(small())).toEqual(['i.yml:3:3  app.image is missing; wanted: the image to run'])
  })

  test('the words of the schema come first', async () => {
    expect(await problems(small('', '    vars: { ufw: { allow: [80, ssh] } }\n'), [ufw])).toEqual([
      "i.yml:5:28  ufw.allow[0] is 80; allowed: text; quote it: '80'",
      'i.yml:5:32  ufw.allow[1] is "ssh"; a rule is a port such as 22 or 53/udp',
    ])
  })

  test('in a group, told once, where it is written', async () => {
    const text = small(
      'groups:\n  web: { vars: { ufw: { alow: [] } } }\n',
      '    groups: [web]\n  web2:\n    address: a.b\n    groups: [web]\n    vars: { ufw: { ssh: 22 } }\n',
    )
    expect(await problems(text, [ufw])).toEqual([
      'i.yml:3:25  ufw has an unknown key "alow"; did you mean "allow"? (allowed: ssh, allow)',
      "i.yml:11:25  ufw.ssh is 22; allowed: text; quote it: '22'",
    ])
  })

  test('behind an anchor, told once', async () => {
    const text = small('vars:\n  ufw: &x { allow: &y [22x] }\n', '    vars: { ufw: { allow: *y } }\n')
    expect(await problems(text, [ufw])).toEqual([
      'i.yml:3:24  ufw.allow[0] is "22x"; a rule is a port such as 22 or 53/udp',
    ])
  })

  test('of a role that does not exist, wherever it is', async () => {
    const text = small('groups: { unused: { vars: { dokcer: {} } } }\nvars: { nginx: {} }\n', '    vars: { UFW: {} }\n')
    expect(await problems(text, [])).toEqual([
      'i.yml:2:29  no role is called "dokcer"; did you mean "docker"? (roles: ufw, app; planned: docker)',
      'i.yml:3:9  no role is called "nginx"; roles: ufw, app; planned: docker',
      'i.yml:7:13  no role is called "UFW"; did you mean "ufw"? (roles: ufw, app; planned: docker)',
    ])
  })

  test('of a role that does not run is nobody’s business', async () => {
    expect(await problems(small('vars: { app: { env: { A: !secret a } } }\n'), [ufw])).toEqual([])
  })
})

describe('a secret in a variable', () => {
  const text = small(`vars:
  app:
    image: x
    password: !secret pg
    env:
      URL: !join [ 'postgresql://app:', !url [ !secret pg ], '@db/x' ]
      PLAIN: !join [ a, b ]
      BOTH: !join [ !secret pg, !secret other ]
`)
  const env = { TRUEUP_SECRET_PG: "p/w'\n", TRUEUP_SECRET_OTHER: 'o' }

  test('arrives as a Secret, joined and encoded', async () => {
    const vars = await roleVars(load(text, env), 'web1', app)
    const shown = (value: unknown) => (value instanceof Secret ? [value.name, value.reveal()] : value)
    expect(shown(vars.password)).toEqual(['pg', "p/w'\n"])
    expect(shown(vars.env['URL'])).toEqual(['pg', 'postgresql://app:p%2Fw%27%0A@db/x'])
    expect(shown(vars.env['PLAIN'])).toBe('ab')
    expect(shown(vars.env['BOTH'])).toEqual(['pg+other', "p/w'\no"])
    expect(JSON.stringify(vars)).not.toContain('p/w')
  })

  test('plain text is kept secret where the schema says that it is one', async () => {
    const vars = await roleVars(load(small('vars: { app: { image: x, password: hunter2 } }\n')), 'web1', app)
    expect(vars.password).toBeInstanceOf(Secret)
    expect(String(vars.password)).not.toContain('hunter2')
  })

  test('is told where it is missing, beside what else is wrong', async () => {
    expect(await problems(text.replace('image: x', 'image: 1'), [app])).toEqual([
      "i.yml:4:12  app.image is 1; wanted: the image to run; quote it: '1'".replace(
        'wanted: the image to run',
        'allowed: text',
      ),
      'i.yml:5:15  secret pg is missing; set TRUEUP_SECRET_PG, or add pg to secrets.age (no such file)',
      'i.yml:7:48  secret pg is missing; set TRUEUP_SECRET_PG, or add pg to secrets.age (no such file)',
      'i.yml:9:21  secret pg is missing; set TRUEUP_SECRET_PG, or add pg to secrets.age (no such file)',
      'i.yml:9:33  secret other is missing; set TRUEUP_SECRET_OTHER, or add other to secrets.age (no such file)',
    ])
  })

  test('fits no field that is not made for it', async () => {
    const line = small('', '    vars: { app: { image: !secret pg } }\n')
    await expect(roleVars(load(line, env), 'web1', app)).rejects.toThrow('app.image is a secret; allowed: text')
  })
})

test('a passphrase is looked up for the hosts that are used', async () => {
  const text = small('', '    passphrase: !secret key\n    identityFile: ~/k\n  web2: { address: a.b }\n')
  const [host] = await resolveHosts(load(text, { TRUEUP_SECRET_KEY: 'k', HOME: '/home/me' }), ['web1'])
  expect(host?.passphrase?.reveal()).toBe('k')
  expect(host?.identityFile).toBe('/home/me/k')
  expect(host).not.toHaveProperty('vars')
  expect(await resolveHosts(load(text), ['web2'])).toHaveLength(1)
  const missing = await resolveHosts(load(text), ['web1', 'web2']).catch(said)
  expect(missing).toEqual([
    'i.yml:5:17  secret key is missing; set TRUEUP_SECRET_KEY, or add key to secrets.age (no such file)',
  ])
})
