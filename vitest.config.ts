import { defineConfig } from 'vitest/config'

const here = (pattern: string) => [`test/**/*${pattern}.test.ts`]

/** Property tests: other values in every run on a desk, the same ones in every run of a gate. */
const setupFiles = ['test/setup.ts']

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { name: 'unit', setupFiles, include: here(''), exclude: [...here('.engine'), ...here('.e2e')] } },
      { test: { name: 'engine', setupFiles, include: here('.engine'), testTimeout: 30_000 } },
      {
        test: {
          name: 'e2e',
          include: here('.e2e'),
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
