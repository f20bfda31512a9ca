import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Declared, Secret, sh, type State } from '../../lib/index.ts'
import { judge } from '../../lib/language/judge.ts'
import { directory } from '../../tasks/directory.ts'
import { absent, file } from '../../tasks/file.ts'
import { link } from '../../tasks/link.ts'
import { bash } from './bash.ts'
import { asked, nothing } from '../found.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'trueup-file-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true })
})

const ME = { owner: 'root', group: 'root' }

/** Reads what the task is about, as the engine would. */
const look = ({ want }: Declared): State => {
  const [state] = asked([want.probe], bash)
  if (state === undefined || state instanceof Error) throw state ?? new Error('no answer')
  return state
}

const judged = (task: Declared) => {
  const state = look(task)
  return judge(task, { get: () => ({ state }) })
}

/** Applies the task if it has something to do. */
const apply = (task: Declared) => {
  const step = judged(task)
  return step.kind === 'drift' ? bash(task.apply(step.drift)) : { code: 0, stdout: '', stderr: 'nothing to do' }
}

/** Applied once it is as wanted, and a second time there is nothing to do. */
const converges = (task: Declared): void => {
  const { code, stderr } = apply(task)
  expect(code, stderr).toBe(0)
  expect(judged(task)).toEqual({ kind: 'ok' })
  expect(readdirSync(dir).filter((name) => name.startsWith('.trueup'))).toEqual([])
}

describe('a file', () => {
  it('gets its content, mode and owner, and is mended in each', () => {
    const path = join(dir, 'motd')
    const task = file({ path, content: 'hello\n', mode: '0640', owner: 'root', group: 'daemon' })
    converges(task)
    expect(readFileSync(path, 'utf8')).toBe('hello\n')
    expect(statSync(path).mode & 0o7777).toBe(0o640)
    for (const breakIt of [
      () => chmodSync(path, 0o666),
      () => writeFileSync(path, 'HELLO\n'),
      () => rmSync(path),
      () => execFileSync('chown', ['nobody', path]),
    ]) {
      breakIt()
      converges(task)
    }
  })

  it('holds any content, byte for byte, at any path', () => {
    const canary = join(dir, 'canary')
    const hostile = [
      `$(touch ${canary})`,
      `'; touch ${canary} #`,
      '-rf',
      'a\nb',
      '"',
      '%s%n',
      '*',
      'ü\u{1F600}',
      '`id`',
      'x'.repeat(200),
    ]
    for (const name of hostile) converges(file({ path: join(dir, name.replaceAll('/', '_')), content: name, ...ME }))
    expect(existsSync(canary)).toBe(false)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const path = join(dir, 'bytes')
        converges(file({ path, content: Buffer.from(bytes), ...ME }))
        expect(readFileSync(path).equals(Buffer.from(bytes))).toBe(true)
      }),
      { numRuns: 15 },
    )
    converges(file({ path: join(dir, 'long'), content: 'é\0\n'.repeat(70_000), ...ME }))
  })

  it('that is a secret has its mode before its content, and shows nothing of it', () => {
    const task = file({ path: join(dir, 'key'), content: new Secret('key', 's3cr3t-value'), ...ME })
    const step = judged(task)
    if (step.kind !== 'drift') throw new Error('it is not there yet')
    expect(String(task.apply(step.drift))).not.toContain('s3cr3t')
    expect(task.sensitive).toEqual(['sha256'])
    expect(task.preview).toBeUndefined()
    converges(task)
    expect(statSync(join(dir, 'key')).mode & 0o7777).toBe(0o600)
  })

  it('replaces a link by itself and leaves what it pointed at alone', () => {
    const [victim, path] = [join(dir, 'victim'), join(dir, 'link')]
    writeFileSync(victim, 'precious')
    symlinkSync(victim, path)
    converges(file({ path, content: 'mine', ...ME }))
    expect(readFileSync(victim, 'utf8')).toBe('precious')
    expect(lstatSync(path).isFile()).toBe(true)
  })

  it('is not written through a folder that is a link, nor over a folder', () => {
    mkdirSync(join(dir, 'real'))
    symlinkSync(join(dir, 'real'), join(dir, 'alias'))
    const through = apply(file({ path: join(dir, 'alias', 'x'), content: 'x', ...ME }))
    expect(through).toMatchObject({ code: 1 })
    expect(through.stderr).toContain(`name its real path, ${dir}/real`)
    const over = apply(file({ path: join(dir, 'real'), content: 'x', ...ME }))
    expect(over.stderr).toContain('is a directory; it is not replaced by a file')
    expect(readdirSync(join(dir, 'real'))).toEqual([])
  })

  it('stays as it was when its check fails: the check sees the new content in place, readers do not', () => {
    const path = join(dir, 'app.conf')
    const validate = { tree: dir, check: sh`grep -q good ${path}` }
    converges(file({ path, content: 'good one', validate, ...ME }))
    const refused = apply(file({ path, content: 'bad', validate, ...ME }))
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('nothing was replaced')
    expect(readFileSync(path, 'utf8')).toBe('good one')
    expect(readdirSync(dir)).toEqual(['app.conf'])
  })

  it('is mended where the check fails without it as well: two broken files must not keep each other', () => {
    const [one, two] = [join(dir, 'one.conf'), join(dir, 'two.conf')]
    for (const path of [one, two]) writeFileSync(path, 'bad')
    const validate = { tree: dir, check: sh`! grep -q bad ${one} ${two}` }
    converges(file({ path: one, content: 'good', validate, ...ME }))
    converges(file({ path: two, content: 'good', validate, ...ME }))
    expect(apply(file({ path: two, content: 'bad', validate, ...ME })).stderr).toContain('nothing was replaced')
  })

  it('stays as it was when the disk is full, and says how much room there is (F3)', () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'trueup-test', dir])
    try {
      const path = join(dir, 'x')
      converges(file({ path, content: 'old', ...ME }))
      const full = apply(file({ path, content: 'y'.repeat(200_000), ...ME }))
      expect(full.code).toBe(1)
      expect(full.stderr).toMatch(
        /No space left on device[\s\S]*x was not replaced; the file system \S+ is full \(0 kB and \d+ inodes free\): make room there/,
      )
      expect(readFileSync(path, 'utf8')).toBe('old')
      expect(readdirSync(dir)).toEqual(['x'])
    } finally {
      execFileSync('umount', [dir])
    }
  })

  it('says so as well where only the inodes are used up, also of folders and links', () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,nr_inodes=3', 'trueup-test', dir])
    try {
      const at = (name: string) => join(dir, name)
      for (const name of ['a', 'b']) converges(file({ path: at(name), content: 'old', ...ME }))
      const said = [
        apply(file({ path: at('a'), content: 'new', ...ME })),
        apply(directory({ path: at('c'), ...ME })),
        apply(link({ path: at('d'), target: '/' })),
      ]
      for (const { code, stderr } of said) {
        expect(code).toBe(1)
        expect(stderr).toMatch(/No space left on device[\s\S]* was not (?:replaced|made); the file system \S+ is full/)
      }
      expect(readdirSync(dir).sort()).toEqual(['a', 'b'])
      expect(readFileSync(at('a'), 'utf8')).toBe('old')
    } finally {
      execFileSync('umount', [dir])
    }
  })
})

describe('a folder that its owner keeps exchanging', () => {
  // renameat2(2) with RENAME_EXCHANGE, over and over, until the time is up.
  const swap = '$end = time + 8; while (time < $end) { syscall(316, -100, $ARGV[0], -100, $ARGV[1], 2) }'
  it.skipIf(process.arch !== 'x64')('never lends its name to another', () => {
    const [mine, other, victim] = [join(dir, 'mine'), join(dir, 'other'), join(dir, 'victim')]
    mkdirSync(mine)
    mkdirSync(victim)
    symlinkSync(victim, other)
    const exchanging = spawn('perl', ['-e', swap, mine, other])
    try {
      for (let n = 0; n < 60; n++)
        bash(sh`tu_dir ${mine} 0700 nobody nogroup`, sh`tu_put ${`${mine}/keys`} 0600 nobody nogroup < <(echo x)`)
    } finally {
      exchanging.kill()
    }
    expect(statSync(victim).uid).toBe(0)
    expect(readdirSync(victim)).toEqual([])
  })
})

describe('links, folders and nothing', () => {
  it('converge, and are mended', () => {
    const task = link({ path: join(dir, 'l'), target: 'somewhere else' })
    converges(task)
    expect(readlinkSync(join(dir, 'l'))).toBe('somewhere else')
    rmSync(join(dir, 'l'))
    writeFileSync(join(dir, 'l'), 'a file in its place')
    converges(task)

    const folder = directory({ path: join(dir, 'd'), mode: '2750' })
    converges(folder)
    chmodSync(join(dir, 'd'), 0o777)
    converges(folder)

    converges(absent({ path: join(dir, 'l') }))
    expect(apply(absent({ path: join(dir, 'd') })).stderr).toContain('only files and links are removed')
  })

  it('reads a link where every path of the run is there', () => {
    const [one, two] = [link({ path: join(dir, 'one'), target: 'x' }), directory({ path: dir, mode: '0700' })]
    converges(one)
    const { family } = one.want.probe
    const keys = [one.want.probe.key, two.want.probe.key]
    const states = family.parse(bash(family.read(keys)).stdout, keys, nothing)
    expect(states.get(join(dir, 'one'))).toMatchObject({ type: 'link', target: 'x' })
    expect(states.get(dir)).toMatchObject({ type: 'directory', mode: '0700' })
  })

  it('in a folder that is not there say so', () => {
    expect(apply(file({ path: join(dir, 'no', 'x'), content: 'x', ...ME })).stderr).toContain(
      'No such file or directory',
    )
  })
})
