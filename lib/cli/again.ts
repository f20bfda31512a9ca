import { basename } from 'node:path'
import { quote } from '../language/quote.ts'
import type { Options } from './options.ts'

/** How this program was called. */
export const program = (): string => (basename(process.argv[1] ?? '') === 'run.ts' ? 'npx tsx run.ts' : 'trueup')

/** The command that runs one role on one host again, as this one was typed. */
export const againFor =
  ({ inventory, askBecomePass }: Options) =>
  (host: string, role: string): string =>
    [
      program(),
      ...(inventory === undefined ? [] : ['-i', quote(inventory)]),
      ...['--role', quote(role), '--limit', quote(host)],
      ...(askBecomePass ? ['--ask-become-pass'] : []),
    ].join(' ')
