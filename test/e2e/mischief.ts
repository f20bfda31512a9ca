import type { Mischief } from './contract.ts'

const DIR = '/root/moja-dzialka'
const SSL = `${DIR}/nginx/ssl/cloudflare-origin`
const SITE = '/etc/nginx/sites-available/moja-dzialka'

/** Starting, stopping and reinstalling leave traces of their own; nothing else may look different. */
const started = (unit: string) => new RegExp(`unit ${unit}\\.service`)
const APT =
  /\/var\/(lib\/(dpkg|apt|ucf|systemd\/deb-systemd-helper-enabled)|cache\/(apt|debconf|man|ldconfig)|log)\/|\/etc\/(ld\.so\.cache|alternatives)/

/** Trips of a new certificate: the request, the signature, the installation, and the look at it. */
const ISSUED = 4

/** What people, packages and accidents do to servers: each is to be mended by exactly one task. */
export const mischief: readonly Mischief[] = [
  {
    name: 'a file edited',
    role: 'base-ubuntu',
    command: 'echo "PasswordAuthentication yes" > /etc/ssh/sshd_config.d/00-trueup.conf',
    task: 'file /etc/ssh/sshd_config.d/00-trueup.conf',
    handlers: ['reload ssh'],
  },
  {
    name: 'a file edited, its size and time kept',
    role: 'base-ubuntu',
    command:
      'f=/etc/systemd/journald.conf.d/trueup.conf; cp -p $f /run/old; sed -i s/500M/900M/ $f; touch -r /run/old $f',
    task: 'file /etc/systemd/journald.conf.d/trueup.conf',
    handlers: ['restart systemd-journald'],
    moved: started('systemd-journald'),
  },
  {
    name: 'a file removed',
    role: 'base-ubuntu',
    command: 'rm /etc/apt/apt.conf.d/20auto-upgrades',
    task: 'file /etc/apt/apt.conf.d/20auto-upgrades',
  },
  {
    name: 'a mode changed',
    role: 'base-ubuntu',
    command: 'chmod 0666 /etc/security/limits.d/90-trueup.conf',
    task: 'file /etc/security/limits.d/90-trueup.conf',
  },
  {
    name: 'an owner changed',
    role: 'base-ubuntu',
    command: 'chown nobody /etc/apt/apt.conf.d/52trueup-upgrades',
    task: 'file /etc/apt/apt.conf.d/52trueup-upgrades',
  },
  {
    name: 'a file replaced by a link',
    role: 'base-ubuntu',
    command: 'mv /etc/default/chrony /run/chrony; ln -s /run/chrony /etc/default/chrony',
    task: 'file /etc/default/chrony',
    handlers: ['restart chrony'],
    moved: started('chrony'),
  },
  {
    name: 'a folder opened to everybody',
    role: 'base-ubuntu',
    command: 'chmod 0777 /root/backups',
    task: 'directory /root/backups',
  },
  {
    name: 'a link retargeted',
    role: 'base-ubuntu',
    command: `ln -sfn /tmp ${DIR}/backups`,
    task: `link ${DIR}/backups`,
  },
  {
    name: 'a package removed',
    role: 'base-ubuntu',
    command: 'apt-get remove -yq jq',
    task: 'apt install base packages',
    moved: APT,
  },
  {
    name: 'a service stopped',
    role: 'base-ubuntu',
    command: 'systemctl stop cron',
    task: 'unit cron running',
    moved: started('cron'),
  },
  {
    name: 'a service disabled',
    role: 'base-ubuntu',
    command: 'systemctl disable -q fail2ban',
    task: 'unit fail2ban running',
  },
  {
    name: 'a service masked',
    role: 'base-ubuntu',
    command: 'systemctl mask -q --now chrony',
    task: 'unit chrony running',
    moved: started('chrony'),
  },
  {
    name: "a user's shell changed",
    role: 'base-ubuntu',
    command: 'usermod -s /bin/false deploy',
    task: 'user deploy',
    moved: /\/etc\/(passwd|shadow)-/,
  },
  {
    name: "a user's key removed",
    role: 'base-ubuntu',
    command: ': > /home/deploy/.ssh/authorized_keys',
    task: 'authorized keys of deploy',
  },
  { name: 'a sudo rule removed', role: 'base-ubuntu', command: 'rm /etc/sudoers.d/deploy', task: 'sudoers deploy' },
  {
    name: 'a typo in what sshd reads',
    role: 'base-ubuntu',
    command: 'echo "PermitRotLogin yes" >> /etc/ssh/sshd_config.d/00-trueup.conf',
    task: 'file /etc/ssh/sshd_config.d/00-trueup.conf',
    handlers: ['reload ssh'],
  },
  {
    name: 'jobs opened to everybody',
    role: 'base-ubuntu',
    command: 'chmod 0755 /etc/cron.daily',
    task: 'directory /etc/cron.daily',
  },
  {
    name: 'a mode of a file of others',
    role: 'base-ubuntu',
    command: 'chmod 0644 /etc/crontab',
    task: 'mode of /etc/crontab',
  },
  {
    name: 'a timer stopped and disabled',
    role: 'base-ubuntu',
    command: 'systemctl disable -q --now sysstat-collect.timer',
    task: 'unit sysstat-collect.timer running',
    moved: /sysstat-collect\.timer/,
  },
  {
    name: 'a stored rule deleted',
    role: 'ufw',
    command: 'ufw delete allow proto tcp from 104.16.0.0/13 to any port 80,443',
    task: 'ufw allow web',
    moved: /\/etc\/ufw\/user6?\.rules/,
  },
  {
    name: 'a live rule deleted',
    role: 'ufw',
    command: `iptables -S ufw-user-input | sed -n '/104.16.0.0/s/^-A/iptables -D/p' | sh`,
    task: 'ufw enabled',
  },
  {
    name: 'a live rule of IPv6 deleted',
    role: 'ufw',
    command: `ip6tables -S ufw6-user-input | sed -n '/2606:4700::/s/^-A/ip6tables -D/p' | sh`,
    task: 'ufw enabled',
  },
  {
    name: 'a live rule for published ports deleted',
    role: 'ufw',
    command: 'iptables -D trueup-published -o docker0 -j DROP',
    task: 'ufw enabled',
  },
  { name: 'DOCKER-USER flushed', role: 'ufw', command: 'iptables -F DOCKER-USER', task: 'ufw enabled' },
  {
    name: 'DOCKER-USER bypassed',
    role: 'ufw',
    command: 'iptables -D FORWARD -j DOCKER-USER',
    task: 'ufw enabled',
  },
  {
    name: 'all tables flushed',
    role: 'ufw',
    command: 'for ip in iptables ip6tables; do $ip -P INPUT ACCEPT; $ip -F; done',
    task: 'ufw enabled',
  },
  {
    name: 'the block for published ports edited',
    role: 'ufw',
    command: `sed -i '/^-A trueup-published -i br-/s/RETURN/ACCEPT/' /etc/ufw/after.rules`,
    task: 'ufw closes published ports',
  },
  {
    name: 'the block for published ports of IPv6 removed',
    role: 'ufw',
    command: `sed -i '/^# BEGIN trueup/,/^# END trueup/d' /etc/ufw/after6.rules`,
    task: 'ufw closes published ports (IPv6)',
  },
  {
    name: "the firewall's unit disabled",
    role: 'ufw',
    command: 'systemctl disable -q ufw',
    task: 'unit ufw.service enabled',
  },
  { name: 'the firewall switched off', role: 'ufw', command: 'ufw disable', task: 'ufw enabled' },
  { name: 'a policy opened', role: 'ufw', command: 'ufw default allow incoming', task: 'ufw default incoming deny' },
  {
    name: 'a setting removed',
    role: 'docker',
    command: `sed -i '/live-restore/d' /etc/docker/daemon.json`,
    task: 'docker engine settings',
    handlers: ['restart docker'],
    moved: /unit docker\.service|daemon\.json/,
  },
  {
    name: 'settings opened to everybody',
    role: 'docker',
    command: 'chmod 0666 /etc/docker/daemon.json',
    task: 'mode of /etc/docker/daemon.json',
  },
  {
    name: 'a plugin removed',
    role: 'docker',
    command: 'apt-get remove -yq $(dpkg-query -W -f "\\${binary:Package}\\n" "docker-compose*")',
    task: 'apt install docker',
    moved: APT,
  },
  {
    name: 'the engine stopped',
    role: 'docker',
    command: 'systemctl stop docker.service',
    task: 'unit docker.service running',
    moved: started('docker'),
  },
  {
    name: 'the engine masked',
    role: 'docker',
    command: 'systemctl mask -q --now docker.service',
    task: 'unit docker.service running',
    moved: started('docker'),
  },
  {
    name: 'the cleanup switched off',
    role: 'docker',
    command: 'systemctl disable -q --now docker-cleanup.timer',
    task: 'unit docker-cleanup.timer running',
    moved: /unit docker-cleanup/,
  },
  {
    name: 'the cleanup made to remove everything',
    role: 'docker',
    command: `sed -i 's/image prune --force.*/system prune --all --force/' /usr/local/sbin/docker-cleanup`,
    task: 'file /usr/local/sbin/docker-cleanup',
  },
  {
    name: 'somebody taken out of a group',
    role: 'docker',
    command: 'gpasswd -d deploy docker',
    task: 'user deploy',
    moved: /\/etc\/(group|gshadow|passwd|shadow)-/,
  },
  {
    name: "a key's mode loosened",
    role: 'certs',
    command: `chmod 0666 ${SSL}.key`,
    task: `mode of ${SSL}.key`,
  },
  {
    name: 'a key given away',
    role: 'certs',
    command: `chown nobody ${SSL}.key`,
    task: `mode of ${SSL}.key`,
  },
  {
    name: 'a certificate removed',
    role: 'certs',
    command: `rm ${SSL}.pem`,
    task: `certificate ${SSL}.pem`,
    handlers: ['reload nginx'],
    trips: ISSUED,
    moved: /cloudflare-origin\.(key|pem)/,
  },
  {
    name: 'a site edited',
    role: 'nginx',
    command: `sed -i 's/burst=20/burst=2000/' ${SITE}`,
    task: `file ${SITE}`,
    handlers: ['reload nginx'],
  },
  {
    name: 'a site switched off',
    role: 'nginx',
    command: 'rm /etc/nginx/sites-enabled/moja-dzialka',
    task: 'link /etc/nginx/sites-enabled/moja-dzialka',
    handlers: ['reload nginx'],
  },
  {
    name: 'a foreign site switched on',
    role: 'nginx',
    command: 'echo "server { listen 8081; }" > /run/rogue; ln -s /run/rogue /etc/nginx/sites-enabled/rogue',
    task: 'nginx has no other sites',
    handlers: ['reload nginx'],
  },
  {
    name: 'the default site back',
    role: 'nginx',
    command: 'ln -s /etc/nginx/sites-available/default /etc/nginx/sites-enabled/default',
    task: 'no file /etc/nginx/sites-enabled/default',
    handlers: ['reload nginx'],
  },
  {
    name: 'a broken configuration',
    role: 'nginx',
    command: `echo "nonsense" > ${SITE}`,
    task: `file ${SITE}`,
    handlers: ['reload nginx'],
  },
]
