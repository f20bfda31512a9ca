import type { HostFacts, Task } from '../../lib/index.ts'
import { file } from '../../tasks/file.ts'
import { swap } from '../../tasks/swap.ts'
import { sysctl } from '../../tasks/sysctl.ts'
import * as template from '../../templates/base.ts'
import type { Vars } from './vars.ts'

/** Against spoofed and redirected packets; forwarding stays on, since containers live by it (D44). */
const NETWORK = {
  'net.ipv4.ip_forward': 1,
  'net.ipv4.conf.all.rp_filter': 1,
  'net.ipv4.conf.default.rp_filter': 1,
  'net.ipv4.conf.all.accept_redirects': 0,
  'net.ipv4.conf.default.accept_redirects': 0,
  'net.ipv4.conf.all.send_redirects': 0,
  'net.ipv4.conf.default.send_redirects': 0,
  'net.ipv4.conf.all.accept_source_route': 0,
  'net.ipv4.tcp_syncookies': 1,
  'net.ipv4.conf.default.accept_source_route': 0,
  'net.ipv4.conf.all.secure_redirects': 0,
  'net.ipv4.conf.default.secure_redirects': 0,
  'net.ipv4.conf.all.bootp_relay': 0,
  'net.ipv4.conf.all.proxy_arp': 0,
  'net.ipv4.icmp_echo_ignore_broadcasts': 1,
  'net.ipv4.icmp_ignore_bogus_error_responses': 1,
  'net.ipv6.conf.all.accept_redirects': 0,
  'net.ipv6.conf.default.accept_redirects': 0,
  'net.ipv6.conf.all.accept_source_route': 0,
  'net.ipv6.conf.default.accept_source_route': 0,
  'net.core.somaxconn': 4096,
}

/** The kernel's own; in a container it is the machine's and left alone. */
const KERNEL = {
  'kernel.dmesg_restrict': 1,
  'kernel.kptr_restrict': 2,
  'kernel.core_uses_pid': 1,
  'kernel.ctrl-alt-del': 0,
  'kernel.sysrq': 0,
  'kernel.yama.ptrace_scope': 1,
  'dev.tty.ldisc_autoload': 0,
  'fs.suid_dumpable': 0,
  'fs.protected_fifos': 2,
  'fs.protected_regular': 2,
  'vm.swappiness': 10,
}

/**
 * Kernel settings and swap.
 *
 * @throws TypeError in a container for a setting that would be the machine's
 */
export const kernel = ({ sysctl: more, swap: gb }: Vars, { container }: HostFacts): Task[] => {
  const foreign = container ? Object.keys(more).find((name) => !name.startsWith('net.')) : undefined
  if (foreign !== undefined)
    throw new TypeError(`sysctl ${foreign} in a container is the machine's own; only net.* can be set there`)
  if (container && gb > 0) throw new TypeError('a container has no swap of its own: say `swap: 0`')
  return [
    ...sysctl({ name: '60-trueup', values: { ...NETWORK, ...(container ? {} : KERNEL), ...more } }),
    file({ path: '/etc/modprobe.d/trueup.conf', content: template.modules }),
    ...(container ? [] : swap({ mib: gb * 1024 })),
  ]
}
