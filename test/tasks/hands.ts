import { expect } from 'vitest'
import { type Probe, quote, type Sh, type Task } from '../../lib/index.ts'
import { judge, probesOf, type Step } from '../../lib/language/judge.ts'
import { prelude } from '../../lib/language/prelude.ts'
import { Facts, question } from '../../lib/runner/facts.ts'
import { ssh } from '../sandbox/index.ts'

const rendered = (command: Sh): string =>
  command.render(
    (secret) => quote(secret.reveal()),
    ({ bytes }) => `< <(printf %s ${bytes.toString('base64')} | base64 -d)`,
  )

/** Tasks one by one on a host of the sandbox, by OpenSSH: what is read, what it takes, and that it is so afterwards. */
export const hands = (host: string) => {
  const run = (command: Sh | string) =>
    ssh(host, 'LC_ALL=C.UTF-8 bash --noprofile --norc -s', {
      input: `${prelude}\n( eval ${quote(typeof command === 'string' ? command : rendered(command))} ) </dev/null`,
      timeout: 240_000,
    })

  const look = async (probes: readonly Probe[]): Promise<Facts> => {
    const facts = new Facts()
    const asked = question(probes)
    const outputs = []
    for (const command of asked.commands) {
      const { code, stdout, stderr } = await run(command)
      outputs.push({
        code,
        stdout: Buffer.from(stdout),
        stderr: Buffer.from(stderr),
        truncated: false,
        timedOut: false,
      })
    }
    asked.answer(outputs, facts)
    return facts
  }
  const judged = async (task: Task): Promise<Step> => judge(task, await look(probesOf(task)))

  const applied = async (task: Task) => {
    const step = await judged(task)
    if (step.kind !== 'drift' || step.task.kind !== 'task') throw new Error(`${task.title}: ${JSON.stringify(step)}`)
    return await run(step.task.apply(step.drift))
  }

  /** Applies a task that must be in need of it, and looks whether it is content then. */
  const mend = async (task: Task): Promise<void> => {
    const { code, stderr } = await applied(task)
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
    expect(await judged(task)).toEqual({ kind: 'ok' })
  }
  /** Applies a task that must fail; what it said. */
  const refused = async (task: Task): Promise<string> => {
    const { code, stderr } = await applied(task)
    expect(code).not.toBe(0)
    return stderr
  }
  /** Something done behind the tasks' back. */
  const harm = async (command: string): Promise<void> => {
    const { code, stderr } = await run(command)
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  }
  return { run, look, judged, mend, refused, harm }
}
