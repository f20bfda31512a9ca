import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judge, type Reading } from '../../lib/language/judge.ts'
import type { Probe, State } from '../../lib/index.ts'
import { daemonConfig, engine, engineAtLeast, provided } from '../../tasks/docker.ts'
import { type Json, type JsonObject, mergeJson } from '../../tasks/json.ts'
import { nothing } from '../found.ts'

describe('settings in JSON', () => {
  it.each<[string, JsonObject, string]>([
    ['', { a: 1 }, '{\n  "a": 1\n}\n'],
    ['{}', { a: { b: [1] } }, '{\n  "a": {\n    "b": [\n      1\n    ]\n  }\n}\n'],
    ['{"x":1,"a":2}', { a: 3 }, '{\n  "x": 1,\n  "a": 3\n}\n'],
    ['{\n\t"x": {"y": 1, "z": 2}\n}', { x: { y: 5 } }, '{\n\t"x": {\n\t\t"y": 5,\n\t\t"z": 2\n\t}\n}\n'],
    ['{"x": [1,2]}', { x: [2] }, '{\n  "x": [\n    2\n  ]\n}\n'],
    ['{"x": 1}', { x: { y: 2 } }, '{\n  "x": {\n    "y": 2\n  }\n}\n'],
  ])('%j takes %j', (text, settings, after) => {
    expect(mergeJson(text, settings)).toBe(after)
  })

  it('leaves a text that has them as it is', () => {
    const text = '{ "b":{"d":[1, {"e":null}],"c":1},\n"a" : "x" }'
    expect(mergeJson(text, { a: 'x', b: { d: [1, { e: null }] } })).toBe(text)
  })

  it.each(['{', '[]', 'null', '"x"', '{"a":1}}', '// c\n{}'])('refuses %j', (text) => {
    expect(() => mergeJson(text, { a: 1 })).toThrow()
  })

  const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>
  const object = fc.dictionary(fc.string({ maxLength: 3 }), json, { maxKeys: 4 }) as fc.Arbitrary<JsonObject>
  it('changes nothing the second time, and keeps what is foreign', () => {
    fc.assert(
      fc.property(object, object, (before, settings) => {
        const once = mergeJson(JSON.stringify(before), settings)
        expect(mergeJson(once, settings)).toBe(once)
        const after = JSON.parse(once) as JsonObject
        for (const key of Object.keys(before))
          if (!Object.hasOwn(settings, key)) expect(after[key]).toEqual(JSON.parse(JSON.stringify(before[key])))
        expect(Object.keys(after).sort()).toEqual(
          [...new Set([...Object.keys(before), ...Object.keys(settings)])].sort(),
        )
      }),
    )
  })
})

const on = (states: Readonly<Record<string, State>>) => ({
  get: (probe: Probe): Reading => ({ state: states[probe.id] ?? {} }),
})
const NONE = { type: null, mode: null, owner: null, group: null, target: null, sha256: null, text: null }

describe('the engine', () => {
  it('tells its version', () => {
    const answer = '{"Platform":{"Name":""},"Version":"26.1.5+dfsg1","ApiVersion":"1.45","Os":"linux"}\n'
    expect(engine.family.parse(answer, [''], nothing).get('')).toEqual({ version: '26.1.5+dfsg1', community: false })
    expect(
      engine.family
        .parse('{"Platform":{"Name":"Docker Engine - Community"},"Version":"28.3.3"}', [''], nothing)
        .get(''),
    ).toEqual({ version: '28.3.3', community: true })
    expect(engine.family.parse('', [''], nothing).get('')).toEqual({ version: null, community: false })
    expect(() => engine.family.parse('{"message":"no"}', [''], nothing)).toThrow('answered {"message"')
  })

  it.each([
    ['28.3.3', 'ok'],
    ['29.0.0', 'ok'],
    ['28.3.2', 'failed'],
    ['28.3.3~rc.1', 'failed'],
    [null, 'failed'],
  ])('%s is new enough: %s', (version, kind) => {
    const step = judge(
      engineAtLeast('28.3.3', 'ports are reachable'),
      on({ 'docker.engine': { version, community: true } }),
    )
    expect(step.kind).toBe(kind)
    if (step.kind === 'failed') expect(step.message).toContain('28.3.3 or newer is needed: ports are reachable')
  })

  it('has settings, judged before they are put in place', () => {
    const task = daemonConfig({ 'live-restore': true })
    const step = judge(task, on({ 'text:/etc/docker/daemon.json': NONE }))
    if (step.kind !== 'drift' || step.task.kind !== 'task') throw new Error(step.kind)
    expect(String(step.task.apply(step.drift))).toContain('dockerd --validate --config-file=/etc/docker/daemon.json')
    expect(step.task.notifies).toMatchObject({ id: 'restart:docker' })
    const there = { ...NONE, type: 'file', mode: '0640', owner: 'root', group: 'root', text: '{"live-restore":true}' }
    expect(judge(task, on({ 'text:/etc/docker/daemon.json': there }))).toEqual({ kind: 'ok' })
    expect(judge(task, on({ 'text:/etc/docker/daemon.json': { ...there, text: '{oops' } }))).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('/etc/docker/daemon.json is left alone'),
    })
  })

  it('of a distribution is foretold', () => {
    expect(provided('trixie')[0]).toMatchObject({ want: { version: '26.1.5+dfsg1' } })
    expect(provided('noble')[0]).toMatchObject({ unsettled: true })
  })
})
