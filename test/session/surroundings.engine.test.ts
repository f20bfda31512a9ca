import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { raw } from '../../lib/index.ts'
import { openSession } from '../../lib/session/open.ts'
import { fingerprint } from '../../lib/session/ssh/known-hosts.ts'
import { keyIn, makeHost, scratch, sshConfigIn } from './hosts.ts'
import { newKey, startSshd } from './sshd.ts'

const dir = scratch()
afterAll(() => rmSync(dir, { recursive: true }))

/** A login where everything is different. */
const strange = {
  HOME: dir,
  LANG: 'de_DE.UTF-8',
  LANGUAGE: 'de',
  LC_MESSAGES: 'de_DE.UTF-8',
  LC_NUMERIC: 'de_DE.UTF-8',
  BASH_ENV: join(dir, 'bash_env'),
  ENV: join(dir, 'bash_env'),
  BASHOPTS: 'expand_aliases:nullglob:failglob',
  SHELLOPTS: 'noglob:nounset:xtrace',
  POSIXLY_CORRECT: '1',
  CDPATH: '/usr',
  GLOBIGNORE: '*',
  IFS: 'o',
  TMOUT: '1',
  TIME_STYLE: 'full-iso',
  BLOCK_SIZE: '7',
  TZ: 'Asia/Tokyo',
  ...Object.fromEntries(['stat', 'echo', 'read', 'which'].map((name) => [`BASH_FUNC_${name}%%`, '() { :; }'])),
}
const kept = { USER: 'deploy', https_proxy: 'http://proxy.example.org:3128', NO_PROXY: 'localhost, .example.org' }

test('a strange login environment changes nothing, and its proxies stay', async () => {
  writeFileSync(strange.BASH_ENV, 'alias stat=false; stat() { echo mine; }; export -f stat; shopt -s expand_aliases\n')
  const hostKey = newKey()
  const mine = newKey()
  const sshd = await startSshd({ hostKeys: [hostKey.private], env: { ...strange, ...kept }, shell: '/bin/bash' })
  const identityFile = keyIn(dir, 'mine', mine.private)
  const host = makeHost({ port: sshd.port, identityFile, hostKey: fingerprint(hostKey.blob) })
  const session = openSession(host, { sshConfig: sshConfigIn(dir) })
  await session.hello()
  const outputs = await session.exec([
    raw('env'),
    raw('stat -c %F /; bash -c "stat -c %F /"; type -t stat which'),
    raw('printf %q "$IFS"; echo " $- $SHELLOPTS $BASHOPTS"'),
    raw('cd /; cd lib > /dev/null; pwd -P; cd /; x=(et[c]); echo "$x"; echo "$nothing"; false; shopt -o posix'),
    raw('ls /none; declare -F; alias'),
  ])
  await session.close()
  sshd.stop()
  const [environment = '', files, flags, surprises, errors] = outputs.map(
    ({ stdout, stderr }) => `${stdout.toString()}${stderr.toString()}`,
  )
  const names = environment.split('\n').flatMap((line) => /^([^\s=]+)=/.exec(line)?.[1] ?? [])
  const own = ['HOME', 'LC_ALL', 'PATH', 'PWD', 'OLDPWD', 'SHLVL', 'SSH_CONNECTION', '_', ...Object.keys(kept)]
  expect(names.filter((name) => !own.includes(name))).toEqual([])
  expect(environment).toContain('\nLC_ALL=C.UTF-8\n')
  for (const [name, value] of Object.entries(kept)) expect(environment).toContain(`${name}=${value}\n`)
  expect(files).toBe('directory\ndirectory\nfile\nfile\n')
  expect(flags).toMatch(/^\$' \\t\\n' \S+ /)
  expect(flags).not.toMatch(/noglob|nounset|errexit|xtrace|expand_aliases|nullglob|failglob/)
  expect(surprises).toMatch(/^(\/usr)?\/lib\netc\n\nposix\s+off\n$/)
  const functions = ['gone', 'mark', 'outlive', 'pump', 'stop'].map((name) => `declare -f __${name}\n`).join('')
  expect(errors).toBe(`${functions}ls: cannot access '/none': No such file or directory\n`)
})
