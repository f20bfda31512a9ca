import { expect, it } from 'vitest'
import { Secret } from '../../lib/index.ts'
import { scriptSettings } from '../../templates/scripts.ts'

const SITE = { project: 'moja-dzialka', dir: '/root/moja-dzialka' }

it('has the numbers of the description unless told otherwise', () => {
  expect(scriptSettings(SITE)).toBe(`# Managed by trueup: changes made here are put back.
PROJECT=moja-dzialka
DIR=/root/moja-dzialka
BRANCH=main
WAIT=300
BACKUP_DIR=/root/backups
RETENTION_DAYS=7
KEEP_NEWEST=3
METRICS_DIR=/var/lib/node-exporter
OFFSITE_BY=''
OFFSITE_TO=''
AGE_RECIPIENT=''
HEARTBEAT_URL=''
`)
})

it('quotes what a shell would read', () => {
  const text = scriptSettings({ ...SITE, offsite: { by: 'rclone', to: "b2:it's $(id)" }, ageRecipient: 'age1x' })
  expect(text).toContain(`OFFSITE_BY=rclone\nOFFSITE_TO='b2:it'\\''s $(id)'\nAGE_RECIPIENT=age1x\n`)
})

it('is a secret where its heartbeat is one', () => {
  const text = scriptSettings({ ...SITE, heartbeat: new Secret('beat', 'https://beats.example/$key') })
  expect(text).toBeInstanceOf(Secret)
  expect(text instanceof Secret && text.reveal()).toContain(`HEARTBEAT_URL='https://beats.example/$key'\n`)
})

it.each([
  { project: 'Moja Dzialka' },
  { project: '-x' },
  { dir: 'root' },
  { backupDir: 'backups' },
  { branch: 'main\nPATH=/tmp' },
  { retentionDays: 0 },
  { keepNewest: 0 },
  { keepNewest: 1.5 },
  { wait: 0 },
])('refuses %j', (wrong) => {
  expect(() => scriptSettings({ ...SITE, ...wrong })).toThrow(TypeError)
})
