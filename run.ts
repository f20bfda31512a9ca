import './lib/cli/start.ts'
import { end } from './lib/cli/end.ts'
import { main } from './lib/cli/main.ts'

void main(process.argv.slice(2), () => import('./roles/index.ts')).then(end)
