import { bundle } from '../bin/build.ts'

/** Once for all end-to-end tests: the program as it is built starts several times faster than its source. */
export const setup = (): Promise<void> => bundle('run.ts', 'dist')
