import { expect, it } from 'vitest'
import { piecesOf } from '../../bin/pieces.ts'

const output = (imports: readonly string[], entryPoint?: string) => ({
  bytes: 1,
  inputs: {},
  exports: [],
  imports: imports.map((path) => ({ path: `dist/run/${path}`, kind: 'import-statement' as const })),
  ...(entryPoint !== undefined && { entryPoint }),
})

it('puts into one piece what is loaded together, and nothing twice', () => {
  const outputs = {
    'dist/run/tree-AA.js': output(['chunk-ALL.js', 'chunk-TREE.js'], 'tree.ts'),
    'dist/run/roles-AA.js': output(['chunk-ALL.js', 'chunk-WORK.js'], 'roles.ts'),
    'dist/run/main-AA.js': output(['chunk-ALL.js'], 'run.ts'),
    'dist/run/chunk-ALL.js': output([]),
    'dist/run/chunk-WORK.js': output(['chunk-DEEP.js']),
    'dist/run/chunk-DEEP.js': output(['chunk-ALL.js']),
    'dist/run/chunk-TREE.js': output(['chunk-DEEP.js']),
  }
  expect(Object.fromEntries(piecesOf({ inputs: {}, outputs }, ['main-AA.js', 'yaml.js']))).toEqual({
    'main-AA.js': 'main-AA.js',
    'chunk-ALL.js': 'main-AA.js',
    'roles-AA.js': 'roles-AA.js',
    'chunk-WORK.js': 'roles-AA.js',
    'chunk-DEEP.js': 'roles-AA.js',
    'tree-AA.js': 'tree-AA.js',
    'chunk-TREE.js': 'tree-AA.js',
    'yaml.js': 'yaml.js',
  })
})
