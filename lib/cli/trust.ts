import { UsageError } from './usage.ts'
import type { Invocation } from './options.ts'

export const trustHost = async (_: Invocation): Promise<number> => {
  throw new UsageError('trust is not built yet')
}
