import '../../../lib/cli/start.ts'
import { main } from '../../../lib/cli/main.ts'

void main(process.argv.slice(2), () => import('./roles.ts')).then((exitCode) => {
  process.exitCode = exitCode
})
