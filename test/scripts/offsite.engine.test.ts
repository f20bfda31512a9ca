import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Stage, stage } from './stage.ts'

vi.setConfig({ testTimeout: 120_000 })

let on: Stage
afterEach(() => on.end())

const far = () => readdirSync(join(on.root, 'fake/far')).sort()
const copies = (by: string) => on.calls().filter((call) => call.startsWith(`${by} `))

describe('a copy of a set at another place (R8, R103, D28)', () => {
  it.each(['rclone', 'aws'] as const)('is all of it, by %s, the manifest last', (by) => {
    on = stage({ offsite: { by, to: 'far:bucket/sets' } })
    const { code, output } = on.run('backup.sh')
    expect({ code, output }).toMatchObject({ code: 0 })
    const here = on.files()
    expect(far()).toEqual(here)
    for (const name of here)
      expect(readFileSync(join(on.root, 'fake/far', name))).toEqual(readFileSync(join(on.backups, name)))
    expect(copies(by).at(-1)).toMatch(/far:bucket\/sets\/manifest_\d+_\d+\.json$/)
    expect(on.told()).toContain('moja-dzialka-backup_offsite.prom')
  })

  it('is sealed for whoever has the key, and nothing of it is readable there', () => {
    on = stage({ offsite: { by: 'rclone', to: 'far:' }, ageRecipient: 'age1recipient' })
    expect(on.run('backup.sh').code).toBe(0)
    expect(far()).toEqual(on.files().map((name) => `${name}.age`))
    for (const name of far()) {
      const text = readFileSync(join(on.root, 'fake/far', name), 'utf8')
      expect(text).toMatch(/^sealed for age1recipient\n/)
      expect(text).not.toMatch(/parcels|REDIS|PGDMP/)
    }
  })

  it('that fails is a failure, which leaves the set here whole and is no success for whoever watches', () => {
    on = stage({ offsite: { by: 'rclone', to: 'far:' } })
    on.fail('rclone .*mongo')
    const { code, output } = on.run('backup.sh')
    expect(code).not.toBe(0)
    expect(output).toContain('no way there')
    expect(on.sets()).toHaveLength(1)
    expect(on.told()).toEqual(['moja-dzialka-backup.prom'])
    expect(far().some((name) => name.startsWith('manifest'))).toBe(false)
  })
})
