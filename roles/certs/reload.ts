import { handler, sh } from '../../lib/index.ts'
import { unit } from '../../tasks/systemd.ts'

/**
 * nginx takes up the new certificate. Where its configuration is broken it goes on with the old one, and no harm is
 * done: the role nginx, whose matter that is, comes after this one, and reloads it then.
 */
const reload = handler({
  id: 'reload:nginx',
  title: 'reload nginx',
  run: sh`if nginx -q -t; then systemctl reload-or-restart -- nginx.service; fi`,
  want: unit('nginx').is({ active: true }),
})

/** Whoever is up must be told; a web server that is not there yet will read the new one anyway. */
export const told = ({ active }: { readonly active: boolean | string }) => (active === true ? { notifies: reload } : {})
