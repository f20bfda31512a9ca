import '../../../lib/cli/start.ts'
import { main } from '../../../lib/cli/main.ts'

process.exitCode = await main(process.argv.slice(2), () => import('./roles.ts'))
