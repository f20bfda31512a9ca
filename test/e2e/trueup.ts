import { spawn } from 'node:child_process'
import * as z from 'zod'
import { inventoryFile } from '../sandbox/index.ts'

const Task = z.object({
  event: z.literal('task'),
  host: z.string(),
  role: z.string(),
  task: z.string(),
  status: z.enum(['ok', 'changed', 'would-change', 'unknown', 'failed', 'skipped']),
  changes: z.array(z.object({ key: z.string(), from: z.unknown(), to: z.unknown() })),
  message: z.string().optional(),
  diff: z.string().optional(),
})
const Handler = z.object({
  event: z.literal('handler'),
  role: z.string(),
  task: z.string(),
  status: z.string(),
  message: z.string().optional(),
})
const Summary = z.object({
  event: z.literal('summary'),
  hosts: z.record(
    z.string(),
    z
      .object({
        changed: z.number(),
        ok: z.number(),
        failed: z.number(),
        handlers: z.number(),
        trips: z.number(),
        ms: z.number(),
      })
      .loose(),
  ),
  exitCode: z.number(),
})
const Other = z.object({ event: z.enum(['run', 'warning', 'host']) }).loose()
const AnyEvent = z.discriminatedUnion('event', [Task, Handler, Summary, Other])

export type TaskEvent = z.infer<typeof Task>
export type HandlerEvent = z.infer<typeof Handler>

/** What a run told, and how it ended. */
export interface Told {
  readonly code: number
  readonly tasks: readonly TaskEvent[]
  readonly handlers: readonly HandlerEvent[]
  readonly warnings: readonly string[]
  readonly trips: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the real program as it is built, as a person or a CI job would, against the sandbox's inventory. */
export const cli = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  program = 'dist/run.js',
): Promise<{ code: number; signal: string | null; stdout: string; stderr: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, TRUEUP_INVENTORY: inventoryFile, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [out, err]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const [stdout, stderr] = [Buffer.concat(out).toString(), Buffer.concat(err).toString()]
      resolve({ code: code ?? 1, signal, stdout, stderr })
    })
  })

/** Runs roles on one host with `--json` and reads what was told. */
export const trueup = async (host: string, roles: readonly string[], ...more: readonly string[]): Promise<Told> => {
  const { code, stdout, stderr } = await cli(['--role', roles.join(','), '--limit', host, '--json', ...more])
  const events = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => AnyEvent.parse(JSON.parse(line)))
  const summary = events.find((event) => event.event === 'summary')
  return {
    code,
    tasks: events.flatMap((event) => (event.event === 'task' ? [event] : [])),
    handlers: events.flatMap((event) => (event.event === 'handler' ? [event] : [])),
    warnings: events.flatMap((event) => (event.event === 'warning' ? [String(event['message'])] : [])),
    trips: summary?.hosts[host]?.trips ?? -1,
    stdout,
    stderr,
  }
}
