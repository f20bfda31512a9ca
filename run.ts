import './lib/cli/start.ts'
import { main } from './lib/cli/main.ts'
import { roles } from './roles/index.ts'

process.exitCode = await main(process.argv.slice(2), { roles })
