import { bad, fine, look, type Verification } from '../lib/index.ts'
import { unit } from './systemd.ts'

/** A line of the checklist: a unit is up, and will be after a reboot. @param role - brings it */
export const service = (name: string, role: string): Verification =>
  look({
    title: `service ${name}`,
    from: unit(name),
    judge: ({ active, enabled, masked }) => {
      if (active !== true)
        return bad(
          `${masked ? 'masked' : active === false ? 'not running' : active}; systemctl status ${name}, or run --role ${role}`,
        )
      return enabled
        ? fine('running, and at boot')
        : bad(`running, but it will not come up at boot; run --role ${role}`)
    },
  })
