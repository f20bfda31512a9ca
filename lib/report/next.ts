import type { Happening } from './details.ts'

/** What to type next: the role and host of whatever failed. */
export const nextSteps = (seen: readonly Happening[], again: (host: string, role: string) => string): string[] => {
  const commands = seen.flatMap((event) =>
    (event.event === 'task' || event.event === 'handler') && event.status === 'failed'
      ? [again(event.host, event.role)]
      : [],
  )
  return commands.length === 0 ? [] : ['Once mended:', ...new Set(commands.map((command) => `  ${command}`))]
}
