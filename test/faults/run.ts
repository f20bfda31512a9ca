/**
 * The program with the shipped roles, for the campaign: `TRUEUP_TRACE=FILE` writes down its requests, `TRUEUP_STRIKE`
 * kills it at one of them, as kill -9 does.
 */
import '../../lib/cli/start.ts'
import { main } from '../../lib/cli/main.ts'
import { strike } from './strike.ts'

strike(process.env['TRUEUP_STRIKE'], process.env['TRUEUP_TRACE'])
void main(process.argv.slice(2), () => import('../../roles/index.ts')).then((code) => {
  process.exitCode = code
})
