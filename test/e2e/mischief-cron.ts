import type { Mischief } from './contract.ts'

const FILE = '/etc/cron.d/moja-dzialka'

/** What happens to jobs of cron. */
export const cronMischief: readonly Mischief[] = [
  { name: 'a time changed', role: 'cron', command: `sed -i 's/^0 3/0 4/' ${FILE}`, task: 'cron jobs moja-dzialka' },
  { name: 'the jobs removed', role: 'cron', command: `rm ${FILE}`, task: 'cron jobs moja-dzialka' },
  {
    name: 'a file that cron will not read',
    role: 'cron',
    command: `chmod 0666 ${FILE}`,
    task: 'cron jobs moja-dzialka',
  },
  { name: "somebody else's jobs", role: 'cron', command: `chown nobody ${FILE}`, task: 'cron jobs moja-dzialka' },
  {
    name: 'settings opened to everybody',
    role: 'cron',
    command: 'chmod 0644 /etc/moja-dzialka-jobs.env',
    task: 'file /etc/moja-dzialka-jobs.env',
  },
  {
    name: 'the wrapper switched off',
    role: 'cron',
    command: 'chmod 0644 /usr/local/sbin/moja-dzialka-job',
    task: 'file /usr/local/sbin/moja-dzialka-job',
  },
  {
    name: 'the wrapper replaced by a link',
    role: 'cron',
    command: 'ln -sf /bin/true /usr/local/sbin/moja-dzialka-job',
    task: 'file /usr/local/sbin/moja-dzialka-job',
  },
  {
    name: 'settings changed, their size and time kept',
    role: 'cron',
    command: `cp -p /etc/moja-dzialka-jobs.env /run/old && sed -i s/WEBHOOK/WEBH00K/ /etc/moja-dzialka-jobs.env && touch -r /run/old /etc/moja-dzialka-jobs.env`,
    task: 'file /etc/moja-dzialka-jobs.env',
  },
  {
    name: 'a job added',
    role: 'cron',
    command: `echo '* * * * * root true' >> ${FILE}`,
    task: 'cron jobs moja-dzialka',
  },
  {
    name: 'cron stopped and disabled',
    role: 'cron',
    command: 'systemctl disable -q --now cron',
    task: 'unit cron running',
    moved: /unit cron\.service/,
  },
]
