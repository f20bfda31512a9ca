import { role } from '../lib/index.ts'
import * as apt from '../tasks/apt.ts'
import { modes } from '../tasks/certificate.ts'
import { directory } from '../tasks/directory.ts'
import { path as pathAt } from '../tasks/path.ts'
import { fromInventory, pulls } from './certs/given.ts'
import { origin } from './certs/origin.ts'
import { fromCa } from './certs/private-ca.ts'
import { Vars } from './certs/vars.ts'
import { verify } from './certs/verify.ts'

export { needsOrigin, origin, originPullCa } from './certs/origin.ts'

/** The certificate that visitors of the web server see, before the server that needs it. */
export default role({
  name: 'certs',
  vars: Vars,
  requires: ({ site }) => [{ want: pathAt(site.dir).is({ type: 'directory' }), role: 'base-ubuntu' }],
  tasks: ({ vars, site }) => {
    const pair = vars.source === 'given' ? fromInventory(vars, site) : { checks: [], tasks: fromCa(vars, site) }
    const edge = pulls(vars, site)
    return [
      ...pair.checks,
      ...edge.checks,
      apt.installed(['openssl']),
      directory({ path: `${site.dir}/nginx` }),
      directory({ path: `${site.dir}/nginx/ssl`, mode: '0700' }),
      ...pair.tasks,
      ...modes(origin(site)),
      ...edge.tasks,
    ]
  },
  verify: ({ vars, site }) => verify(vars, site),
})
