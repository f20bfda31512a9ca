import { execFileSync, spawn } from 'node:child_process'
import {
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256, type Task } from '../../lib/index.ts'
import { judge } from '../../lib/language/judge.ts'
import { prelude } from '../../lib/language/prelude.ts'
import { context } from '../../lib/runner/dollar.ts'
import { Facts, question } from '../../lib/runner/facts.ts'
import { openSession } from '../../lib/session/open.ts'
import type { Session } from '../../lib/session/session.ts'
import { authorizedKeys } from '../../tasks/authorized-keys.ts'
import { block } from '../../tasks/block.ts'
import { directory } from '../../tasks/directory.ts'
import { absent, file } from '../../tasks/file.ts'
import { checkout } from '../../tasks/git.ts'
import { line } from '../../tasks/line.ts'
import { link } from '../../tasks/link.ts'
import { fileMode } from '../../tasks/mode.ts'
import { unpacked } from '../../tasks/unarchive.ts'
import { upload } from '../../tasks/upload.ts'
import { makeHost } from '../session/hosts.ts'
import { newKey } from '../session/sshd.ts'

/** Another user of the host. The folders here are its own, so that fs.protected_symlinks has no say: it is for /tmp. */
const NOBODY = 65_534
const CANARY = 'root-only-4711'

const base = mkdtempSync(join(tmpdir(), 'trueup-attacks-'))
const own = join(base, 'own')
const victim = join(base, 'victim')
const source = join(base, 'source')
let session: Session
let archive = { path: '', sha256: '' }
let commit = ''
const { public: key } = newKey()

/** Everything about the victim's files that an attack could change; not how many names they have. */
const manifest = (dir: string): string =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .concat(dir)
    .sort()
    .map((path) => {
      const { mode, uid, gid, size } = lstatSync(path)
      const content = lstatSync(path).isFile() ? readFileSync(path, 'utf8') : ''
      return `${path} ${mode.toString(8)} ${uid}:${gid} ${size} ${content}`
    })
    .join('\n')

const before = () => {
  for (const dir of [own, victim]) rmSync(dir, { recursive: true, force: true })
  mkdirSync(victim, { mode: 0o700 })
  for (const name of ['shadow', 'authorized_keys', 'x', 'README'])
    writeFileSync(join(victim, name), `${CANARY} ${name}\n`, { mode: 0o600 })
  mkdirSync(own)
  chownSync(own, NOBODY, NOBODY)
}

/** What nobody can read below its folder. */
const readable = (): string =>
  execFileSync(
    'setpriv',
    [
      '--reuid',
      'nobody',
      '--regid',
      'nogroup',
      '--clear-groups',
      'sh',
      '-c',
      `find ${own} ! -type l -type f -exec cat {} + 2> /dev/null || :`,
    ],
    {
      encoding: 'utf8',
    },
  )

beforeAll(async () => {
  session = openSession(makeHost({ connection: 'local' }), { prelude })
  await session.hello()
  mkdirSync(source)
  writeFileSync(join(source, 'README'), 'ours\n')
  const path = join(base, 'a.tar')
  const git = 'git -c user.name=x -c user.email=x@x.test -c init.defaultBranch=main'
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' }
  execFileSync(
    'sh',
    [
      '-c',
      `tar -cf ${path} -C ${source} README; cd ${source} && ${git} init -q && ${git} add . && ${git} commit -qm x`,
    ],
    { env },
  )
  commit = execFileSync('git', ['-C', source, 'rev-parse', 'HEAD'], { encoding: 'utf8', env }).trim()
  archive = { path, sha256: sha256(readFileSync(path)) }
  // Readable by nobody, who may be the one to fetch.
  execFileSync('chmod', ['-R', 'a+rX', base])
}, 60_000)
afterAll(async () => {
  await session.close()
  rmSync(base, { recursive: true, force: true })
})

const X = join(own, 'x')
const ME = { owner: 'nobody', group: 'nogroup' }
/** A task of each kind about something in a folder of nobody's. */
const TASKS: Readonly<Record<string, () => Task>> = {
  file: () => file({ path: X, content: 'new\n', ...ME }),
  absent: () => absent({ path: X }),
  link: () => link({ path: X, target: 'elsewhere' }),
  directory: () => directory({ path: X, mode: '0750', ...ME }),
  mode: () => fileMode({ path: X, mode: '0644', ...ME }),
  line: () => line({ path: X, line: 'new', create: true, ...ME }),
  block: () => block({ path: X, name: 'ours', body: 'new', create: true, ...ME }),
  upload: () => upload({ path: X, content: Buffer.from('new\n'), ...ME }),
  unpacked: () => unpacked({ archive: archive.path, sha256: archive.sha256, dir: X, ...ME }),
  checkout: () => checkout({ url: source, dir: X, commit }),
  'checkout of theirs': () => checkout({ url: source, dir: X, commit, owner: 'nobody' }),
  'authorized keys': () => authorizedKeys({ user: 'nobody', group: 'nogroup', home: own, keys: [key] }),
}

/** Does what a run does with one task: looks, changes, looks again. @returns whether it was content in the end */
const carryOut = async (one: Task): Promise<boolean> => {
  for (let changes = 0; ; ) {
    const facts = new Facts()
    let step = judge(one, facts)
    while (step.kind === 'unread') {
      const asked = question(step.probes)
      asked.answer(await session.exec(asked.commands), facts)
      step = judge(one, facts)
    }
    if (step.kind !== 'drift') return step.kind === 'ok'
    if (changes++ > 0) return false
    if (step.task.kind === 'task') await session.exec([step.task.apply(step.drift)], { timeout: 30 })
    else await step.task.run(context(session, 30), step.drift).catch(() => {})
  }
}

/** What nobody has put there before we come. */
const TRAPS: Readonly<Record<string, () => void>> = {
  'a link to a file': () => symlinkSync(join(victim, 'shadow'), X),
  // As with fs.protected_hardlinks=0: the kernel would otherwise not let nobody do it.
  'a second name of a file': () => linkSync(join(victim, 'shadow'), X),
  'a link to a folder': () => symlinkSync(victim, X),
  'a link to nothing in a folder of root': () => symlinkSync(join(victim, 'new'), X),
  'a link in place of the folder': () => {
    rmSync(own, { recursive: true })
    symlinkSync(victim, own)
  },
  'a link in place of ~/.ssh': () => symlinkSync(victim, join(own, '.ssh')),
  'a link in ~/.ssh': () => {
    mkdirSync(join(own, '.ssh'))
    chownSync(join(own, '.ssh'), NOBODY, NOBODY)
    symlinkSync(join(victim, 'authorized_keys'), join(own, '.ssh/authorized_keys'))
  },
}

describe.runIf(process.getuid?.() === 0)('another user, in a folder of its own,', () => {
  test.each(Object.entries(TRAPS))(
    'gets nothing by %s (F23)',
    async (name, trap) => {
      for (const [kind, one] of Object.entries(TASKS)) {
        before()
        trap()
        const untouched = manifest(victim)
        const content = await carryOut(one())
        expect({ kind, victim: manifest(victim) }).toEqual({ kind, victim: untouched })
        if (!name.includes('in place of the folder'))
          expect({ kind, seen: readable().includes(CANARY) && name !== 'a second name of a file' }).toEqual({
            kind,
            seen: false,
          })
        if (
          name.includes('~/.ssh') &&
          kind !== 'authorized keys' &&
          !['absent', 'mode', 'checkout of theirs'].includes(kind)
        )
          expect({ kind, content }).toEqual({ kind, content: true })
      }
    },
    120_000,
  )

  test.skipIf(process.arch !== 'x64')(
    'gets nothing by exchanging names all the time (F23)',
    async () => {
      // renameat2(2) with RENAME_EXCHANGE: a file and a link to root's, and a folder and a link to root's.
      const swap = `$end = time + 100; while (time < $end) { syscall(316, -100, $ARGV[0], -100, $ARGV[1], 2) }`
      for (const [kind, one] of Object.entries(TASKS)) {
        before()
        const folders = ['directory', 'unpacked', 'checkout', 'checkout of theirs', 'authorized keys'].includes(kind)
        const at = kind === 'authorized keys' ? join(own, '.ssh') : X
        if (folders) mkdirSync(at)
        else writeFileSync(at, 'theirs\n')
        chownSync(at, NOBODY, NOBODY)
        symlinkSync(folders ? victim : join(victim, 'shadow'), join(own, 'other'))
        const untouched = manifest(victim)
        const attacker = spawn('perl', ['-e', swap, at, join(own, 'other')], { uid: NOBODY, gid: NOBODY })
        const ended = new Promise((resolve) => attacker.on('close', resolve))
        for (let n = 0; n < 8; n += 1) await carryOut(one()).catch(() => false)
        attacker.kill('SIGKILL')
        await ended
        expect({ kind, victim: manifest(victim) }).toEqual({ kind, victim: untouched })
        expect({ kind, seen: readable().includes(CANARY) }).toEqual({ kind, seen: false })
      }
    },
    300_000,
  )
})
