import type { Happening } from './details.ts'

/** What to type next, for each thing that failed. */
export const nextSteps = (seen: readonly Happening[], again: (host: string, role: string) => string): string[] => {
  const failed = seen.flatMap((event) =>
    (event.event === 'task' || event.event === 'handler') && event.status === 'failed' ? [event] : [],
  )
  return failed.map(({ host, role, task }) => `  ${host} ${role}: “${task}”; once mended: ${again(host, role)}`)
}
