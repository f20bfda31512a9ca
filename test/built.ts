import { bundle } from '../bin/build.ts'
import { fallow } from './e2e/ground.ts'

/** Once for all end-to-end tests: the program as it is built starts several times faster than its source. */
export const setup = async (): Promise<void> => {
  await fallow()
  await bundle('run.ts', 'dist')
}

export const teardown = fallow
