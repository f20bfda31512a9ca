import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blob, env, type HostFacts, quote, raw, Secret, type Sh, sh, sha256, stdin } from '../../lib/index.ts'
import { startLocal } from '../../lib/session/local.ts'
import { openSession } from '../../lib/session/open.ts'
import type { ExecOptions, Output, Session } from '../../lib/session/session.ts'
import { ShellSession } from '../../lib/session/shell-session.ts'
import { makeHost, scratch } from './hosts.ts'

const dir = scratch()
const open = (prelude = '') => openSession(makeHost({ connection: 'local' }), { prelude })

let session: Session
beforeAll(async () => {
  session = open('greet() { echo "hello $1"; }')
  await session.hello()
})
afterAll(async () => {
  await session.close()
  rmSync(dir, { recursive: true })
})

const run = async (command: Sh, options?: ExecOptions) => {
  const [output] = await session.exec([command], options)
  if (output === undefined) throw new Error('no output')
  return { ...output, text: output.stdout.toString(), error: output.stderr.toString() }
}

describe('a host that is known', () => {
  const known = async (facts: (now: HostFacts) => HostFacts) => {
    const kept: HostFacts[] = []
    const before = open()
    const guess = facts(await before.hello())
    await before.close()
    const remembered = { recall: () => guess, keep: (one: HostFacts) => void kept.push(one) }
    const other = openSession(makeHost({ connection: 'local' }), { remembered })
    let early: Promise<Output[]> | undefined
    const said = await other.hello(() => {
      early = other.exec([raw('echo early')])
    })
    const [output] = (await early) ?? []
    await other.close()
    return { guess, said, kept, early: output?.stdout.toString(), trips: other.trips }
  }

  test('answers what is asked behind the hello, and says that it is what it was', async () => {
    const { guess, said, kept, early, trips } = await known((now) => now)
    expect(said).toBe(guess)
    expect(trips).toBe(1)
    expect(kept).toEqual([])
    expect(early).toBe('early\n')
  })

  test('is kept anew where it says anything else', async () => {
    const { said, kept, trips } = await known((now) => ({ ...now, bootId: 'another' }))
    expect(trips).toBe(0)
    expect(said.bootId).not.toBe('another')
    expect(kept).toEqual([said])
  })
})

describe('commands', () => {
  test('run in the surroundings that were promised', async () => {
    const { text } = await run(raw('pwd; umask; echo "$PATH"; echo "$LC_ALL"; echo "$HOME"; wc -c'))
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    expect(text.split('\n').slice(0, 4)).toEqual(['/', '0022', path, 'C.UTF-8'])
    expect(text).toMatch(/\n\/\S*\n0\n$/)
  })

  test('have something that outlives the connection beside them only once they may change something', async () => {
    const other = open()
    await other.hello()
    const beside = async (reads: boolean) => {
      const [output] = await other.exec([raw('ps -o comm= --ppid $$')], { reads })
      return output?.stdout
        .toString()
        .split('\n')
        .filter((name) => name === 'bash' || name === 'cat').length
    }
    // The question itself is one of them.
    expect(await beside(true)).toBe(1)
    expect(await beside(false)).toBe(3)
    expect(await beside(true)).toBe(3)
    await other.close()
  })

  test('do not see what is in the environment of the runner', async () => {
    process.env['TRUEUP_SECRET_CANARY'] = 'canary'
    const other = open()
    await other.hello()
    const [output] = await other.exec([raw('env')])
    await other.close()
    delete process.env['TRUEUP_SECRET_CANARY']
    expect(output?.stdout.toString()).not.toContain('canary')
  })

  test('are each on their own, whatever one of them does', async () => {
    const bad = [
      'echo ( x',
      "echo 'x",
      'cat << EOF\nx',
      'exit 7',
      'set -e; false',
      'kill -9 $BASHPID',
      'exec true',
      'fi',
    ]
    const outputs = await session.exec([...bad.map(raw), raw('x=1; cd /tmp'), raw('echo "$x $PWD"')])
    expect(outputs.map(({ code }) => code)).toEqual([2, 2, 2, 7, 1, 137, 0, 2, 0, 0])
    expect(outputs.at(-1)?.stdout.toString()).toBe(' /\n')
  })

  test('can call the prelude, and keep what ran here', async () => {
    await run(raw('kept=5'), { here: true })
    expect((await run(raw('greet you; echo "$kept"'))).text).toBe('hello you\n5\n')
  })

  test('do not inherit the descriptor of a lock, which ends with the session', async () => {
    const lock = `${dir}/lock`
    const other = open()
    await other.hello()
    expect((await other.exec([sh`exec 9> ${lock}; flock -n 9`], { here: true }))[0]?.code).toBe(0)
    await other.exec([raw('sleep 3 > /dev/null 2>&1 &')])
    expect((await run(sh`flock -n ${lock} true`)).code).toBe(1)
    await other.close()
    expect((await run(sh`flock -n ${lock} true`)).code).toBe(0)
  })

  test('print any bytes (F20)', async () => {
    const bytes = randomBytes(100_000)
    const { stdout, stderr } = await run(sh`cat ${blob(bytes)}; printf '\0\377' >&2`)
    expect(sha256(stdout)).toBe(sha256(bytes))
    expect(stderr).toEqual(Buffer.from([0, 255]))
  })

  test('are answered in order, several requests at once', async () => {
    const requests = Array.from({ length: 12 }, (_, index) => session.exec([sh`echo ${index}`]))
    const answers = await Promise.all(requests)
    expect(answers.map(([output]) => output?.stdout.toString().trim())).toEqual(requests.map((_, index) => `${index}`))
  })

  test('get every string as the one argument it is (F21)', async () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.string({ unit: fc.constantFrom(...'\'"$`\\!;&|<>(){}[]*?~#%= \n\t-a') }),
      fc.constantFrom('$(touch /tmp/canary)', '-rf', '', "'", "$'\\n'", '%s'),
    )
    const words = fc.array(word.map((text) => text.replaceAll('\0', '')).map((text) => Buffer.from(text).toString()))
    // Many lists at once, as a process costs more than a list.
    const many = fc.array(words, { minLength: 6, maxLength: 6 }).map((lists) => lists.flat())
    await fc.assert(
      fc.asyncProperty(many, async (list) => {
        const expected = list.map((text) => `${text}\0`).join('')
        const inDash = sh`dash -c ${`for w in ${list.map(quote).join(' ')}; do printf '%s\\0' "$w"; done`}`
        const [bash, dash] = await session.exec([sh`for w in ${list}; do printf '%s\0' "$w"; done`, inDash])
        expect(bash?.stdout.toString()).toBe(expected)
        expect(dash?.stdout.toString()).toBe(expected)
      }),
      { numRuns: 6 },
    )
  })
})

describe('content', () => {
  test('of all sizes and kinds arrives (F20)', async () => {
    const sizes = [0, 1, 65_536, 65_537, 262_144, 262_145, 3_000_000]
    const contents = sizes.flatMap((size) => [randomBytes(size), Buffer.from("it's\n".repeat(size).slice(0, size))])
    const spool = `${dir}/spool`
    mkdirSync(spool)
    const other = new ShellSession('web1', () => Promise.resolve(startLocal()), { spool })
    await other.hello()
    const outputs = await other.exec(contents.map((bytes) => sh`sha256sum ${blob(bytes)}`))
    await other.close()
    expect(outputs.map(({ stdout }) => stdout.toString().slice(0, 64))).toEqual(contents.map(sha256))
    expect(readdirSync(spool)).toEqual([])
  })

  test('may hold every character, and be read wherever a command can read', async () => {
    const every = String.fromCharCode(...Array.from({ length: 255 }, (_, index) => index + 1))
    const [word, inner] = await session.exec([
      sh`printf %s ${every}`,
      sh`x=$(cat ${blob(every)}; echo .); cat <(printf %s "$x")`,
    ])
    expect(word?.stdout.toString()).toBe(every)
    expect(inner?.stdout.toString()).toBe(`${every}.`)
  })

  test('is uploaded to a new file for nobody else', async () => {
    const path = `${dir}/a file`
    const bytes = randomBytes(1_000_000)
    await session.upload(blob(bytes), path)
    expect(sha256(readFileSync(path))).toBe(sha256(bytes))
    expect((await run(sh`stat -c %a ${path}`)).text).toBe('600\n')
    await expect(session.upload(blob('x'), path)).rejects.toThrow(/was not written: .*cannot overwrite existing file/)
    await expect(session.upload(blob(bytes), `${dir}/none/x`)).rejects.toThrow('No such file')
    expect((await run(raw('echo still there'))).text).toBe('still there\n')
  })

  test('that is secret shows in no command line', async () => {
    const secret = new Secret('token', `canary-${randomBytes(8).toString('hex')}`)
    const look = raw(
      ' bash -c \'cat /proc/[0-9]*/cmdline | tr "\\0" "\\n" | grep -c -F -f <(printf %s "$S")\'; cat | wc -c',
    )
    const command = sh`${env({ S: secret })}${look} ${stdin(secret)}`
    expect((await run(command)).text).toBe('0\n23\n')
  })
})
