import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Stage, stage } from './stage.ts'

vi.setConfig({ testTimeout: 120_000 })

let on: Stage
beforeEach(() => {
  on = stage()
  const [steps, data] = [join(on.dir, 'egib/scripts/pipeline'), join(on.dir, 'data/ready-for-import/postgis')]
  for (const path of [steps, data]) mkdirSync(path, { recursive: true })
  for (const step of ['08_import_neo4j', '09_generate_embeddings', '10_import_milvus'])
    writeFileSync(join(steps, `${step}.py`), '')
  for (const name of ['parcels', 'zones']) writeFileSync(join(data, `${name}.gpkg`), `${name}\n`)
  on.set('neo4j', '')
})
afterEach(() => on.end())

const stamp = () => join(on.dir, 'data/.imported')
const calls = (pattern: RegExp) => on.calls().flatMap((call) => pattern.exec(call)?.[1] ?? [])
const imported = () => calls(/^ogr2ogr .* -nln (\S+) /)
const steps = () => calls(/pipeline\/(\d\d)_\w+\.py$/)

describe('a data set', () => {
  it('goes into its tables, then through the steps of the pipeline, and is remembered (R111-R115)', () => {
    const { code, output } = on.run('import-data.sh')
    expect({ code, output }).toMatchObject({ code: 0 })
    expect(imported()).toEqual(['parcels', 'zones'])
    expect(steps()).toEqual(['08', '09', '10'])
    expect(readFileSync(stamp(), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
    expect(calls(/compose .*(up -d --no-recreate --no-deps --wait .* postgres neo4j milvus)$/)).toHaveLength(1)

    const again = on.run('import-data.sh')
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('imported already') })
    expect(imported()).toHaveLength(2)
  })

  it('is imported with a password that is no argument (D30)', () => {
    on.run('import-data.sh')
    expect(on.got('pgpass')).toMatch(/^127\.0\.0\.1:5432:\*:[^:]+:se\\:cr\\\\et\n$/)
    expect(on.got('calls')).not.toContain('cr\\et')
  })

  it.each([
    ['tables that have rows', () => on.set('rows', 'yes'), 'parcels zones'],
    ['nodes', () => on.set('neo4j', 'node\n'), 'Neo4j (1 nodes)'],
  ])('never replaces %s unless it is told to (D30)', (_, fill, named) => {
    fill()
    const refused = on.run('import-data.sh')
    expect(refused.code).not.toBe(0)
    expect(refused.output).toContain(`refused: there is data already: ${named}`)
    expect({ imported: imported(), steps: steps() }).toEqual({ imported: [], steps: [] })
    expect(on.run('import-data.sh', '--yes-overwrite').code).toBe(0)
    expect(imported()).toHaveLength(2)
  })

  it.each([
    'ogr2ogr .*zones',
    '09_generate',
  ])('whose import fails at %s is not remembered, and may be begun again', (at) => {
    on.fail(at)
    expect(on.run('import-data.sh').code).not.toBe(0)
    expect(existsSync(stamp())).toBe(false)
    on.fail('')
    on.set('rows', 'yes')
    const again = on.run('import-data.sh')
    expect({ code: again.code, output: again.output }).toMatchObject({ code: 0 })
    expect(existsSync(stamp())).toBe(true)
  })

  it('of a name that is no table, or with more layers than one, is refused before anything is touched', () => {
    writeFileSync(join(on.dir, 'data/ready-for-import/postgis/zones.gpkg'), 'one\ntwo\n')
    expect(on.run('import-data.sh').output).toContain('has 2 layers')
    writeFileSync(join(on.dir, 'data/ready-for-import/postgis/Działki 1.gpkg'), 'one\n')
    expect(on.run('import-data.sh').output).toContain('not the name of a table: Działki 1')
    expect(imported()).toEqual([])
  })
})
