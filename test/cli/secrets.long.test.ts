import { spawn } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { type Place, place } from './program.ts'

// Each starts the program several times.
vi.setConfig({ testTimeout: 120_000 })

const CANARY = `c4n4ry'"$HOME\n#x`

/** A place with a key and an empty file of secrets. */
const begun = async (): Promise<Place> => {
  const here = await place()
  expect(await here.run(['secrets', 'init'])).toMatchObject({ code: 0, stderr: '' })
  return here
}

/** An editor in shell: it is given the file. */
const editorIn = ({ dir }: Place, script: string): Record<string, string> => {
  const file = join(dir, 'editor')
  writeFileSync(file, `#!/bin/bash\n${script}\n`)
  chmodSync(file, 0o755)
  return { EDITOR: `${file} --wait`, XDG_RUNTIME_DIR: '/nonexistent' }
}

const set = ({ shell }: Place, name: string, value: string) =>
  shell(`printf %s '${value.replaceAll("'", "'\\''")}' | $PROGRAM secrets set ${name}`)

const left = () => readdirSync('/dev/shm').filter((name) => name.startsWith('trueup-'))

describe('secrets', () => {
  it('begins with init, which says what comes next and replaces nothing', async () => {
    const here = await place()
    for (const verb of ['edit', 'rotate']) {
      const early = await here.run(['secrets', verb])
      expect(early).toMatchObject({ code: 64, stdout: '' })
      expect(early.stderr).toMatch(/^trueup: there is no key yet \(\S+key.txt\); begin with: trueup secrets init\n$/)
    }
    const first = await here.run(['secrets', 'init'])
    expect(first.stdout).toMatch(/Keep a copy[^]*age1\w+\n[^]*secrets set NAME[^]*!secret NAME/)
    expect(first.stdout).not.toContain('AGE-SECRET-KEY')
    const key = join(here.dir, '.config/trueup/key.txt')
    const before = [readFileSync(key), readFileSync(join(here.dir, 'secrets.age'))]
    expect(await here.run(['secrets', 'init'])).toMatchObject({ code: 0, stderr: '' })
    expect([readFileSync(key), readFileSync(join(here.dir, 'secrets.age'))]).toEqual(before)
    chmodSync(key, 0o644)
    expect((await here.run(['secrets', 'init'])).stderr).toContain(`chmod 600 ${key}`)
  })

  it('sets what comes on stdin, and a run uses it', async () => {
    const here = await begun()
    expect(await set(here, 'pw', `${CANARY}\n`)).toMatchObject({ code: 0, stderr: '' })
    const ran = await here.run(['--role', 'vault', '--limit', 'web1', '-v'])
    expect(ran.code).toBe(0)
    expect(ran.stdout).toContain('it is ‹secret pw›')
    expect(JSON.stringify(ran)).not.toContain('c4n4ry')
    expect(await here.run(['secrets', 'list'])).toEqual({
      code: 0,
      stdout: `pw  ${here.dir}/secrets.age\n`,
      stderr: '',
    })
  })

  it('lists what is there, what is missing, and what nobody asks for', async () => {
    const here = await begun()
    const missing = await here.run(['secrets', 'list'])
    expect(missing.stdout).toMatch(/^pw {2}missing {2}\(\S+inventory.yml:10:\d+\)\n$/)
    await set(here, 'spare', 'x')
    const { stdout } = await here.run(['secrets', 'list'], { TRUEUP_SECRET_PW: 'y' })
    expect(stdout).toBe(`pw     TRUEUP_SECRET_PW\nspare  ${here.dir}/secrets.age  (not used)\n`)
  })

  it('refuses values that are none, and values in the command line', async () => {
    const here = await begun()
    const before = readFileSync(join(here.dir, 'secrets.age'))
    const said = [
      await here.shell('printf "\\n" | $PROGRAM secrets set pw'),
      await here.shell('printf "a\\0b" | $PROGRAM secrets set pw'),
      await here.shell('printf "\\377" | $PROGRAM secrets set pw'),
      await here.shell('head -c 2000000 /dev/zero | tr "\\0" x | $PROGRAM secrets set pw'),
      await here.run(['secrets', 'set', 'pw', 'hunter2']),
      await here.run(['secrets', 'set', '-x']),
      await here.run(['secrets', 'set', 'a b']),
      await here.run(['secrets', 'set']),
      await here.run(['secrets', 'show', 'pw']),
    ]
    for (const { code, stdout, stderr } of said) {
      expect({ code, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 64, stdout: '', lines: 1 })
      expect(stderr).not.toContain('hunter2')
    }
    expect(said[0]?.stderr).toContain('empty')
    expect(said[4]?.stderr).toContain('never typed into a command line')
    expect(readFileSync(join(here.dir, 'secrets.age'))).toEqual(before)
  })

  it('asks on a terminal, twice, and shows nothing of what is typed', async () => {
    const here = await begun()
    const typed = async (first: string, second: string) => {
      const command = (await here.shell('printf %s "$PROGRAM"')).stdout
      const env = { PATH: process.env['PATH'], HOME: here.dir, TRUEUP_INVENTORY: here.inventory }
      const child = spawn('script', ['-qec', `${command} secrets set pw`, '/dev/null'], { env })
      let stdout = ''
      const answers = new Map([
        ['(not shown): ', first],
        ['once more: ', second],
      ])
      child.stdout.on('data', (data) => {
        stdout += String(data)
        for (const [question, answer] of answers) {
          if (!stdout.includes(question)) continue
          answers.delete(question)
          child.stdin.write(`${answer}\r`)
        }
      })
      await new Promise((resolve) => child.on('close', resolve))
      return { stdout }
    }
    const good = await typed('sesame-open', 'sesame-open')
    expect(good.stdout).toContain('pw (not shown): ')
    expect(good.stdout).toContain('pw is set in')
    expect(good.stdout).not.toContain('sesame')
    const bad = await typed('sesame-open', 'sesame-opem')
    expect(bad.stdout).toContain('not the same twice; nothing was saved')
    expect(bad.stdout).not.toContain('sesame')
  })
})

describe('secrets edit', () => {
  it('shows the text to nobody else, saves it, and leaves nothing behind', async () => {
    const here = await begun()
    await set(here, 'pw', 'one')
    const look = `stat -c '%a %n' "$2" "$(dirname "$2")"; df --output=fstype "$2" | tail -n 1; env | grep -c TRUEUP_SECRET`
    const env = editorIn(
      here,
      `exec > ${here.dir}/seen; cat "$2"; ${look}; echo backup > "$2~"; sed -i 's/one/two/' "$2"; echo 'mail: "x"' >> "$2"; exit 0`,
    )
    const edited = await here.run(['secrets', 'edit'], { ...env, TRUEUP_SECRET_OTHER: 'sesame-open' })
    expect(edited).toEqual({ code: 0, stdout: `${here.dir}/secrets.age is saved\n`, stderr: '' })
    const seen = readFileSync(join(here.dir, 'seen'), 'utf8')
    expect(seen).toMatch(
      /^# One secret a line[^]*pw: "one"\n600 \/dev\/shm\/trueup-\w+\/secrets.yml\n700 \/dev\/shm\/trueup-\w+\ntmpfs\n0\n$/,
    )
    expect((await here.run(['secrets', 'list'])).stdout).toMatch(/^mail .*\npw /)
    expect(left()).toEqual([])
    const same = await here.run(['secrets', 'edit'], editorIn(here, 'true'))
    expect(same.stdout).toContain('nothing changed')
  })

  it.each([
    [
      'no YAML',
      `echo 'hunter2: "' > "$2"`,
      /^trueup: it holds no valid YAML \(MISSING_CHAR, line \d\); .*; nothing was saved\n$/,
    ],
    [
      'an empty value',
      `echo 'pw:' > "$2"`,
      /holds nothing for pw; give it a value, or take its line out; nothing was saved/,
    ],
    ['an editor that fails', `echo 'pw: "x"' > "$2"; exit 3`, /ended with exit code 3; nothing was saved/],
  ])('saves nothing after %s', async (_, script, message) => {
    const here = await begun()
    const before = readFileSync(join(here.dir, 'secrets.age'))
    const edited = await here.run(['secrets', 'edit'], editorIn(here, script))
    expect(edited).toMatchObject({ code: 64, stdout: '' })
    expect(edited.stderr).toMatch(message)
    expect(edited.stderr).not.toContain('hunter2')
    expect(readFileSync(join(here.dir, 'secrets.age'))).toEqual(before)
    expect(left()).toEqual([])
  })

  it.each(['SIGTERM', 'SIGHUP'] as const)('is ended by %s, and leaves nothing behind', async (signal) => {
    const here = await begun()
    const env = editorIn(here, `echo 'pw: "x"' > "$2"; touch ${here.dir}/there; exec sleep 60`)
    const command = (await here.shell('printf %s "$PROGRAM"')).stdout.split(' ')
    const child = spawn(command[0] ?? '', [...command.slice(1), 'secrets', 'edit'], {
      env: { PATH: process.env['PATH'], HOME: here.dir, TRUEUP_INVENTORY: here.inventory, ...env },
    })
    const ended = new Promise((resolve) => child.on('close', resolve))
    while (!existsSync(join(here.dir, 'there'))) await new Promise((resume) => setTimeout(resume, 50))
    expect(left()).toHaveLength(1)
    child.kill(signal)
    expect(await ended).toBe(signal === 'SIGTERM' ? 143 : 129)
    expect(left()).toEqual([])
    expect((await here.run(['secrets', 'list'])).stdout).toContain('missing')
  })
})

describe('secrets rotate', () => {
  it('encrypts for a new key, with which the old one is still at hand', async () => {
    const here = await begun()
    await set(here, 'pw', 'one')
    const key = join(here.dir, '.config/trueup/key.txt')
    const old = join(here.dir, 'old.txt')
    writeFileSync(old, readFileSync(key))
    const rotated = await here.run(['secrets', 'rotate'])
    expect(rotated).toMatchObject({ code: 0, stderr: '' })
    expect(rotated.stdout).not.toContain('AGE-SECRET-KEY')
    expect((await here.run(['secrets', 'list'])).stdout).toBe(`pw  ${here.dir}/secrets.age\n`)
    expect(statSync(key).mode & 0o777).toBe(0o600)
    const identity = readFileSync(old, 'utf8').match(/AGE-SECRET-KEY\S+/)?.[0] ?? ''
    expect(readFileSync(key, 'utf8')).toContain(identity)
    const stale = await here.run(['--role', 'vault', '--limit', 'web1'], { TRUEUP_AGE_KEY: identity })
    expect(stale.code).toBe(64)
    expect(stale.stderr).toContain('is not encrypted for the key in TRUEUP_AGE_KEY')
    const given = await here.run(['secrets', 'rotate'], { TRUEUP_AGE_KEY: identity })
    expect(given).toMatchObject({ code: 64, stdout: '' })
    expect((await here.run(['--role', 'vault', '--limit', 'web1'])).code).toBe(0)
  })
})

it('a kill at any moment leaves secrets that open', async () => {
  const here = await begun()
  await set(here, 'pw', 'one')
  const command = (await here.shell('printf %s "$PROGRAM"')).stdout.split(' ')
  const env = { PATH: process.env['PATH'], HOME: here.dir, TRUEUP_INVENTORY: here.inventory }
  const started = performance.now()
  await here.run(['secrets', 'list'])
  const usual = performance.now() - started
  let killed = 0
  for (let n = 0; n < 8; n += 1) {
    const verb = n % 2 === 0 ? ['rotate'] : ['set', 'pw']
    const child = spawn(command[0] ?? '', [...command.slice(1), 'secrets', ...verb], { env })
    child.stdin.on('error', () => {})
    child.stdin.end('x'.repeat(500_000))
    const timer = setTimeout(() => child.kill('SIGKILL'), usual * (0.4 + n / 10))
    const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)))
    clearTimeout(timer)
    if (signal === 'SIGKILL') killed += 1
    const listed = await here.run(['secrets', 'list'])
    expect(listed).toEqual({ code: 0, stdout: `pw  ${here.dir}/secrets.age\n`, stderr: '' })
  }
  console.log(`${killed} of 8 were killed on the way`)
  expect(killed).toBeGreaterThan(0)
}, 120_000)
