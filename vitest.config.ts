import { defineConfig } from 'vitest/config'

const here = (pattern: string) => [`test/**/*${pattern}.test.ts`]

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: here(''), exclude: [...here('.engine'), ...here('.e2e')] } },
      { test: { name: 'engine', include: here('.engine'), testTimeout: 30_000 } },
      {
        test: {
          name: 'e2e',
          include: here('.e2e'),
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          fileParallelism: true,
        },
      },
    ],
  },
})
