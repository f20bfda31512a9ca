import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/order.ts'

const here = (pattern: string) => [`test/**/*${pattern}.test.ts`]

/** Property tests: other values in every run on a desk, the same ones in every run of a gate. */
const setupFiles = ['test/setup.ts']

const globalSetup = ['test/built.ts']

export default defineConfig({
  test: {
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: 'unit', setupFiles, include: here(''), exclude: ['.engine', '.e2e', '.long'].flatMap(here) } },
      { test: { name: 'engine', setupFiles, include: here('.engine'), testTimeout: 120_000, hookTimeout: 180_000 } },
      { test: { name: 'e2e', globalSetup, include: here('.e2e'), testTimeout: 300_000, hookTimeout: 300_000 } },
      { test: { name: 'long', globalSetup, include: here('.long'), testTimeout: 300_000, hookTimeout: 600_000 } },
    ],
  },
})
