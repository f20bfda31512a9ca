import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  blob,
  type Context,
  type Declared,
  type Probe,
  quote,
  raw,
  type Sh,
  sh,
  type State,
  type Task,
} from '../../lib/index.ts'
import { judge, probesOf, type Step } from '../../lib/language/judge.ts'
import { download } from '../../tasks/download.ts'
import { checkout } from '../../tasks/git.ts'
import { unpacked } from '../../tasks/unarchive.ts'
import { upload } from '../../tasks/upload.ts'
import { bash, type Ended } from './bash.ts'
import { asked, nothing } from '../found.ts'

const root = mkdtempSync(join(tmpdir(), 'trueup-fetch-'))
const owner = userInfo().username
const group = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex')
afterAll(() => rmSync(root, { recursive: true, force: true }))

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(root, "a 'b "))
})

const look = (probe: Probe): State => {
  const [state] = asked([probe], bash)
  if (state === undefined || state instanceof Error) throw state ?? new Error('no answer')
  return state
}
const look4 = (task: Task): Step => {
  const states = new Map(probesOf(task).map((probe) => [probe.id, { state: look(probe) }]))
  return judge(task, { get: (probe) => states.get(probe.id) })
}
/** What a task would run, as it stands. */
const commandOf = (task: Task): Sh => {
  const step = look4(task)
  if (step.kind !== 'drift' || step.task.kind !== 'task') throw new Error(`nothing to do: ${JSON.stringify(step)}`)
  return step.task.apply(step.drift)
}
/** A file that root alone may read. */
const victim = (content: string): string => {
  const path = join(dir, 'victim')
  writeFileSync(path, content, { mode: 0o600 })
  return path
}
const modeOf = (path: string): number => statSync(path).mode & 0o7777

/** Applies a task once and says how that went, and how it stands then. */
const apply = (task: Task): Ended & { readonly then: Step['kind'] } => {
  const step = look4(task)
  if (step.kind !== 'drift' || step.task.kind !== 'task') throw new Error(`nothing to do: ${JSON.stringify(step)}`)
  return { ...bash(step.task.apply(step.drift)), then: look4(task).kind }
}

describe('a download', () => {
  const body = Buffer.from([0, 1, 255, 10, 13, 39])
  let server: ChildProcess
  let url: string
  beforeAll(async () => {
    const script = `require('node:http').createServer((ask, answer) => ask.url === '/none' ? answer.writeHead(404).end() : answer.end(Buffer.from('${body.toString('hex')}', 'hex'))).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
    server = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    url = await new Promise((resolve) =>
      server.stdout?.once('data', (port) => resolve(`http://127.0.0.1:${String(port).trim()}`)),
    )
  })
  afterAll(() => server.kill())

  it('is put in place, its mode and owner kept true', () => {
    const task = download({ url: `${url}/x`, sha256: sha256(body), path: join(dir, 'x'), mode: '0750', owner, group })
    expect(apply(task)).toMatchObject({ code: 0, then: 'ok' })
    expect(readFileSync(join(dir, 'x'))).toEqual(body)
    bash(sh`chmod 0777 ${join(dir, 'x')}`)
    expect(apply(task)).toMatchObject({ code: 0, then: 'ok' })
    expect(statSync(join(dir, 'x')).mode & 0o7777).toBe(0o750)
  })

  it.each([
    ['a link', symlinkSync],
    ['a second name', linkSync],
  ])('gives its mode to nothing else, where %s of another file has taken its place', (_, replace) => {
    const path = join(dir, 'x')
    const task = download({ url: `${url}/none`, sha256: sha256(body), path, mode: '0666', owner, group })
    writeFileSync(path, body, { mode: 0o600 })
    const command = commandOf(task)
    rmSync(path)
    replace(victim('secret'), path)
    expect(bash(command).code).not.toBe(0)
    expect(modeOf(join(dir, 'victim'))).toBe(0o600)
    expect(readFileSync(path, 'utf8')).toBe('secret')
  })

  it('parts from its other names when its mode is put right', () => {
    const path = join(dir, 'x')
    linkSync(victim(body.toString('latin1')), path)
    writeFileSync(path, body)
    const task = download({ url: `${url}/none`, sha256: sha256(body), path, mode: '0666', owner, group })
    expect(apply(task)).toMatchObject({ code: 0, then: 'ok' })
    expect([modeOf(path), modeOf(join(dir, 'victim'))]).toEqual([0o666, 0o600])
  })

  it('that is not what was wanted leaves everything as it was', () => {
    writeFileSync(join(dir, 'x'), 'before')
    const wrong = download({ url: `${url}/x`, sha256: 'a'.repeat(64), path: join(dir, 'x'), owner, group })
    expect(apply(wrong)).toMatchObject({ code: 1, stderr: expect.stringContaining(`sha256 is ${sha256(body)}`) })
    const none = download({ url: `${url}/none`, sha256: sha256(body), path: join(dir, 'x'), owner, group })
    expect(apply(none)).toMatchObject({ code: 22, stderr: expect.stringContaining('404') })
    expect(readdirSync(dir)).toEqual(['x'])
    expect(readFileSync(join(dir, 'x'), 'utf8')).toBe('before')
  })

  it.each([
    'ftp://x/y',
    'file:///etc/passwd',
    'https://user:pw@host/x',
    '--output=/etc/x',
    'nonsense',
  ])('refuses %s', (wrong) => {
    const task = download({ url: wrong, sha256: sha256(body), path: '/x' }) as Declared
    expect(() => task.apply({ now: {}, changes: [], keys: ['sha256'] })).toThrow(TypeError)
  })
})

describe('an archive', () => {
  const archive = (name: string, ...tar: string[]) => {
    const from = mkdtempSync(join(root, 'from-'))
    mkdirSync(join(from, 'top/sub'), { recursive: true })
    writeFileSync(join(from, 'top/sub/x y'), 'hello')
    writeFileSync(join(from, 'top/run'), '#!/bin/sh\n', { mode: 0o755 })
    symlinkSync('sub/x y', join(from, 'top/link'))
    const path = join(root, name)
    execFileSync('tar', [...tar, '-cf', path, '-C', from, 'top'])
    return { archive: path, sha256: sha256(readFileSync(path)) }
  }
  const packed = archive('one.tar.gz', '-z')
  const task = (options: Partial<Parameters<typeof unpacked>[0]> = {}) =>
    unpacked({ ...packed, dir: join(dir, 'tool'), strip: 1, owner, group, ...options })

  it('becomes a directory', () => {
    expect(apply(task())).toMatchObject({ code: 0, stderr: '', then: 'ok' })
    expect(readFileSync(join(dir, 'tool/link'), 'utf8')).toBe('hello')
    expect(statSync(join(dir, 'tool/run')).mode & 0o777).toBe(0o755)
    expect(readdirSync(dir)).toEqual(['tool'])
  })

  it.each<[string, (tool: string) => unknown]>([
    ['a file was changed', (tool) => writeFileSync(join(tool, 'run'), 'longer than it was')],
    ['a file was changed to the same size', (tool) => writeFileSync(join(tool, 'sub/x y'), 'jello')],
    ['a file is new', (tool) => writeFileSync(join(tool, 'extra'), '')],
    ['a file is gone', (tool) => rmSync(join(tool, 'sub/x y'))],
    ['a mode was changed', (tool) => execFileSync('chmod', ['700', join(tool, 'sub')])],
    ['the note is gone', (tool) => rmSync(join(tool, '.trueup-unpacked'))],
    ['the note lies', (tool) => writeFileSync(join(tool, '.trueup-unpacked'), `${packed.sha256} ${'0'.repeat(64)}\n`)],
    ['it is another directory', (tool) => (rmSync(tool, { recursive: true }), mkdirSync(tool))],
  ])('is unpacked again when %s', (_, change) => {
    apply(task())
    change(join(dir, 'tool'))
    expect(apply(task())).toMatchObject({ code: 0, then: 'ok' })
    expect(readFileSync(join(dir, 'tool/sub/x y'), 'utf8')).toBe('hello')
    expect(readdirSync(join(dir, 'tool')).sort()).toEqual(['.trueup-unpacked', 'link', 'run', 'sub'])
  })

  it('that is another one is refused, and nothing is changed', () => {
    apply(task())
    expect(apply(task({ sha256: 'b'.repeat(64) }))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not the archive'),
    })
    expect(look4(task()).kind).toBe('ok')
    writeFileSync(join(root, 'bad.tar'), 'no tar at all')
    const bad = { archive: join(root, 'bad.tar'), sha256: sha256('no tar at all') }
    expect(apply(task(bad)).code).not.toBe(0)
    expect(look4(task()).kind).toBe('ok')
    expect(readdirSync(dir)).toEqual(['tool'])
  })

  it('stays within its directory', () => {
    const from = mkdtempSync(join(root, 'evil-'))
    writeFileSync(join(from, 'x'), 'x')
    const path = join(root, 'evil.tar')
    execFileSync('tar', ['-P', '--transform', 's,^x,../../escaped,', '-cf', path, '-C', from, 'x'])
    apply(task({ archive: path, sha256: sha256(readFileSync(path)), strip: 0 }))
    expect(readdirSync(root)).not.toContain('escaped')
    expect(readdirSync(dir)).not.toContain('escaped')
  })

  it('whose content bears the name of the note is unpacked without it', () => {
    const from = mkdtempSync(join(root, 'note-'))
    symlinkSync(victim('before'), join(from, '.trueup-unpacked'))
    const path = join(root, 'note.tar')
    execFileSync('tar', ['-cf', path, '-C', from, '.'])
    const noted = task({ archive: path, sha256: sha256(readFileSync(path)), strip: 0 })
    expect(apply(noted)).toMatchObject({ code: 0, then: 'ok' })
    expect(readFileSync(join(dir, 'victim'), 'utf8')).toBe('before')
  })

  it('is not known by a note that is a link', () => {
    apply(task())
    const note = join(dir, 'tool/.trueup-unpacked')
    writeFileSync(join(dir, 'elsewhere'), readFileSync(note))
    rmSync(note)
    symlinkSync('../elsewhere', note)
    expect(look4(task()).kind).toBe('drift')
  })

  it('reads no more of a note than a note can be', () => {
    apply(task())
    const note = join(dir, 'tool/.trueup-unpacked')
    writeFileSync(note, `${packed.sha256} ${'0'.repeat(64)}\n${'x'.repeat(1_000_000)}`)
    const { family, key } = probesOf(task())[0] as Probe
    expect(bash(family.read([key])).stdout.length).toBeLessThan(2000)
    expect(look4(task()).kind).toBe('drift')
  })

  it('is unpacked where folders hand on their group', () => {
    execFileSync('chmod', ['2755', dir])
    expect(apply(task())).toMatchObject({ code: 0, stderr: '', then: 'ok' })
    expect(modeOf(join(dir, 'tool'))).toBe(0o755)
  })

  it('leaves what was there where it cannot take its place', () => {
    mkdirSync(join(dir, 'tool'))
    writeFileSync(join(dir, 'tool/before'), '')
    const fail = 'mv() { [ "$3" != tree ] && [ "$3" != ./tree ] || return 1; command mv "$@"; }'
    expect(bash(sh`${raw(fail)}; ${commandOf(task())}`).code).not.toBe(0)
    expect(readdirSync(dir)).toEqual(['tool'])
    expect(readdirSync(join(dir, 'tool'))).toEqual(['before'])
  })

  describe.skipIf(process.getuid?.() !== 0)('of another user', () => {
    const nobody = 65534
    const theirs = () => {
      chmodSync(root, 0o755)
      chmodSync(dir, 0o755)
      return task({ owner: 'nobody' })
    }
    /** Has that user do something in the parent directory whenever root is about to run, or has just run, a command. */
    const meanwhile = (when: 'before' | 'after', command: string, deed: string): Sh => {
      const act = `setpriv --reuid=${nobody} --clear-groups bash -c ${quote(`cd ${quote(dir)} && { ${deed}; }`)} </dev/null >/dev/null 2>&1`
      return raw(`${command}() {
        ${when === 'before' ? act : ':'}
        command ${command} "$@"; local code=$?
        ${when === 'after' ? act : ':'}
        return $code
      }`)
    }

    it('belongs to that user in the end, all but the note', () => {
      expect(apply(theirs())).toMatchObject({ code: 0, then: 'ok' })
      expect([statSync(join(dir, 'tool')).uid, modeOf(join(dir, 'tool'))]).toEqual([nobody, 0o755])
      expect(statSync(join(dir, 'tool/run')).uid).toBe(nobody)
      expect(statSync(join(dir, 'tool/.trueup-unpacked')).uid).toBe(0)
      expect(readdirSync(dir)).toEqual(['tool'])
    })

    it('is not known by a note that this user wrote', () => {
      apply(theirs())
      const note = join(dir, 'tool/.trueup-unpacked')
      chownSync(note, nobody, nobody)
      expect(look4(task({ owner: 'nobody' })).kind).toBe('drift')
    })

    it('keeps what was there beside, where something else takes its place meanwhile', () => {
      const one = theirs()
      mkdirSync(join(dir, 'tool'))
      writeFileSync(join(dir, 'tool/before'), '')
      const plant = 'mv() { command mv "$@" && { [ "$4" != ./was ] || mkdir -p ../tool/theirs; }; }'
      const { code, stderr } = bash(sh`${raw(plant)}; ${commandOf(one)}`)
      expect(code).toBe(1)
      const kept = /is kept at (.*)$/m.exec(stderr)?.[1] ?? ''
      expect(readdirSync(kept)).toEqual(['before'])
      expect(readdirSync(join(dir, 'tool'))).toEqual(['theirs'])
    })

    it('has its note written where that user can plant no link', () => {
      const plant = `for at in .trueup.* .trueup.*/tree; do ln -sfn ${quote(victim('before'))} "$at/.trueup-unpacked"; done`
      const one = theirs()
      const command = sh`${meanwhile('before', 'sha256sum', plant)}; ${commandOf(one)}`
      expect(bash(command)).toMatchObject({ code: 0 })
      expect(readFileSync(join(dir, 'victim'), 'utf8')).toBe('before')
      expect(look4(one).kind).toBe('ok')
    })

    it('replaces nothing else, where the parent is exchanged for a link', () => {
      theirs()
      chownSync(dir, nobody, nobody)
      const parent = join(dir, 'parent')
      mkdirSync(parent)
      mkdirSync(join(dir, 'other/tool'), { recursive: true })
      writeFileSync(join(dir, 'other/tool/keep'), '')
      const one = task({ dir: join(parent, 'tool'), owner: 'nobody' })
      bash(sh`${meanwhile('before', 'find', 'mv parent aside && ln -s other parent')}; ${commandOf(one)}`)
      expect(readdirSync(join(dir, 'other'))).toEqual(['tool'])
      expect(readdirSync(join(dir, 'other/tool'))).toEqual(['keep'])
      expect(readdirSync(join(dir, 'aside'))).toEqual(['tool'])
    })

    it.each([
      ['a link to another directory', 'ln -s "$PWD/other" "$at"'],
      ['a directory of their own', 'mkdir "$at"'],
    ])('goes nowhere else, where %s takes the place of the stage', (_, replace) => {
      const one = theirs()
      chownSync(dir, nobody, nobody)
      mkdirSync(join(dir, 'other'))
      const swap = `for at in .trueup.*; do mv "$at" aside && ${replace}; done`
      const { code } = bash(sh`${meanwhile('after', 'mktemp', swap)}; ${commandOf(one)}`)
      expect(readdirSync(join(dir, 'other'))).toEqual([])
      expect(code).toBe(1)
      expect(readdirSync(dir)).not.toContain('tool')
    })
  })

  it.each([
    { dir: '/opt' },
    { dir: 'opt/x' },
    { dir: '/opt/../etc/x' },
    { dir: '/opt/x/' },
    { sha256: 'x' },
    { archive: '/x.zip' },
  ])('is refused with %j', (wrong) => {
    expect(() => task(wrong)).toThrow(TypeError)
  })
})

describe('a checkout', () => {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@y', ...args], { encoding: 'utf8' }).trim()
  const origin = join(root, 'origin')
  git('init', '-q', '-b', 'main', origin)
  const commit = (content: string) => {
    writeFileSync(join(origin, 'a b'), content)
    git('-C', origin, 'add', '.')
    git('-C', origin, 'commit', '-qm', content)
    return git('-C', origin, 'rev-parse', 'HEAD')
  }
  const [first, second] = [commit('one'), commit('two')]
  const task = (wanted: string) => checkout({ url: origin, dir: join(dir, 'app'), commit: wanted, owner })

  it('goes to its commit, forth and back, and stays there', () => {
    for (const [wanted, content] of [
      [first, 'one'],
      [second, 'two'],
      [first, 'one'],
    ] as const) {
      expect(apply(task(wanted))).toMatchObject({ code: 0, stderr: '', then: 'ok' })
      expect(readFileSync(join(dir, 'app/a b'), 'utf8')).toBe(content)
    }
  })

  it('keeps what was changed by hand, and says what it is', () => {
    apply(task(first))
    writeFileSync(join(dir, 'app/a b'), 'mine')
    writeFileSync(join(dir, 'app/.env'), 'secret')
    expect(apply(task(second))).toMatchObject({ code: 1, stderr: expect.stringContaining('kept: a b'), then: 'drift' })
    expect(readFileSync(join(dir, 'app/a b'), 'utf8')).toBe('mine')
    git('-C', join(dir, 'app'), 'checkout', '-q', '.')
    expect(apply(task(second))).toMatchObject({ code: 0, then: 'ok' })
    expect(readFileSync(join(dir, 'app/.env'), 'utf8')).toBe('secret')
  })

  it('does not make up a commit that is nowhere', () => {
    expect(apply(task('1'.repeat(40)))).toMatchObject({ then: 'drift' })
  })

  it('cannot be looked at where there is something else, without harm to the others', () => {
    mkdirSync(join(dir, 'junk/.git'), { recursive: true })
    const { key, family } = probesOf(task(first))[0] as Probe
    apply(task(first))
    const { stdout, code } = bash(family.read([join(dir, 'junk'), key, join(dir, 'none')]))
    const found = family.parse(stdout, [join(dir, 'junk'), key, join(dir, 'none')], nothing)
    expect(code).toBe(0)
    expect(found.get(join(dir, 'junk'))).toBeInstanceOf(Error)
    expect(found.get(key)).toMatchObject({ commit: first })
    expect(found.get(join(dir, 'none'))).toMatchObject({ commit: null })
  })

  it.skipIf(process.getuid?.() !== 0)("runs no program of another user's as root", () => {
    const theirs = join(root, 'theirs')
    execFileSync('chmod', ['755', root])
    git('clone', '-q', origin, theirs)
    writeFileSync(join(root, 'hook'), `#!/bin/sh\nid -u >> ${join(root, 'ran')}\n`, { mode: 0o755 })
    writeFileSync(join(root, 'ran'), '', { mode: 0o666 })
    execFileSync('chmod', ['666', join(root, 'ran')])
    git('-C', theirs, 'config', 'core.fsmonitor', join(root, 'hook'))
    execFileSync('chown', ['-R', 'nobody', theirs])
    const probe = probesOf(checkout({ url: origin, dir: theirs, commit: second }))[0] as Probe
    expect(look(probe)).toMatchObject({ commit: second, changed: null })
    expect(new Set(readFileSync(join(root, 'ran'), 'utf8').trim().split('\n'))).not.toContain('0')
  })
})

describe('an upload', () => {
  /** A context that works on this machine. */
  const context = (log: string[]): Context => ({
    $: (texts, ...parts) => {
      const command = sh(texts, ...parts)
      log.push(String(command))
      const ended = bash(command)
      const ran = { code: ended.code ?? 1, stdout: ended.stdout, stderr: ended.stderr }
      const strict = ran.code === 0 ? Promise.resolve(ran) : Promise.reject(new Error(ran.stderr))
      strict.catch(() => {})
      return Object.assign(strict, {
        nothrow: async () => ran,
        text: async () => ran.stdout,
        exitCode: Promise.resolve(ran.code),
      })
    },
    upload: async ({ bytes }, path) => {
      log.push(`upload ${bytes.length}`)
      writeFileSync(path, bytes, { mode: 0o600, flag: 'wx' })
    },
  })
  const carry = async (task: Task) => {
    const log: string[] = []
    const step = look4(task)
    if (step.kind !== 'drift' || step.task.kind !== 'run') throw new Error(step.kind)
    const wrong = await step.task.run(context(log), step.drift).then(
      () => undefined,
      (error: unknown) => error,
    )
    return { log, wrong, then: look4(task).kind }
  }

  it('arrives whole, and leaves nothing behind', async () => {
    const bytes = Buffer.alloc(3_000_000, 'x\0\n')
    const task = upload({ path: join(dir, 'big'), content: blob(bytes), mode: '0640', owner, group })
    expect(await carry(task)).toMatchObject({ wrong: undefined, then: 'ok' })
    expect(readFileSync(join(dir, 'big')).equals(bytes)).toBe(true)
    execFileSync('chmod', ['600', join(dir, 'big')])
    const { log, then } = await carry(task)
    expect(then).toBe('ok')
    expect(log).toEqual([
      expect.stringMatching(/^upload/),
      expect.stringMatching(/^tu_put/),
      expect.stringMatching(/^rm/),
    ])
  })

  it('gives its mode to no file that a link in its place points to', async () => {
    const path = join(dir, 'x')
    const task = upload({ path, content: Buffer.from('new'), mode: '0666', owner, group })
    writeFileSync(path, 'new', { mode: 0o600 })
    const step = look4(task)
    if (step.kind !== 'drift' || step.task.kind !== 'run') throw new Error(step.kind)
    rmSync(path)
    symlinkSync(victim('secret'), path)
    await step.task.run(context([]), step.drift)
    expect(modeOf(join(dir, 'victim'))).toBe(0o600)
    expect(look4(task).kind).toBe('ok')
  })

  it('that is refused leaves what was there, and nothing else', async () => {
    writeFileSync(join(dir, 'x'), 'before')
    mkdirSync(join(dir, 'y'))
    const task = upload({ path: join(dir, 'y'), content: Buffer.from('new'), owner, group })
    const { wrong, log } = await carry(task)
    expect(wrong).toMatchObject({ message: expect.stringContaining('is a directory') })
    const parcel = /\/var\/tmp\/trueup\.\S+/.exec(log.join('\n'))?.[0] ?? ''
    expect(bash(`[ -n ${quote(parcel)} ] && [ ! -e ${quote(parcel)} ]`).code).toBe(0)
  })
})
