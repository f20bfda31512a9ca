/** The program with the benchmark's server as its only role. */
import '../lib/cli/start.ts'
import { end } from '../lib/cli/end.ts'
import { main } from '../lib/cli/main.ts'

void main(process.argv.slice(2), async () => ({ roles: [(await import('./roles.ts')).server] })).then(end)
