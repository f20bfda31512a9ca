import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { maxFail, serial, shard } from './amounts.ts'
import { EXAMPLES, EXEC_EXAMPLES, MERGE_EXAMPLES, SECRETS_EXAMPLES, VERIFY_NOTES } from './examples.ts'
import { type CommandName, type Invocation, MEANINGFUL, type Options, UNTYPED } from './options.ts'
import { refusal } from './planned.ts'
import { UsageError } from './usage.ts'

/**
 * Reads the command line.
 *
 * @returns nothing when help or the version was asked for and has been shown
 * @throws UsageError
 */
export const parse = (argv: readonly string[], version: string): Invocation | undefined => {
  let chosen: { command: CommandName; words: string[] } | undefined
  const choose = (command: CommandName, ...words: string[]) => {
    chosen = { command, words }
  }
  const program = describe(version)
  program.action((words: string[]) => {
    if (words[0] !== undefined) throw new UsageError(unknownWord(words[0]))
    choose('apply')
  })
  program
    .command('exec <pattern> <command...>')
    .usage('[options] PATTERN -- CMD')
    .description(
      'run a command on hosts, side by side: one word is shell text, several are a program and its arguments',
    )
    .addHelpText('after', EXEC_EXAMPLES)
    .action((pattern: string, command: string[]) => choose('exec', pattern, ...command))
  program
    .command('trust <host>')
    .description("show a host's key and, when you agree, remember it in known_hosts")
    .action((host: string) => choose('trust', host))
  program
    .command('verify')
    .description('the checklist after a deployment, on the hosts and from outside; changes nothing')
    .addHelpText('after', VERIFY_NOTES)
    .action(() => choose('verify'))
  program
    .command('secrets <verb> [name...]')
    .usage('init | list | set NAME | edit | rotate')
    .description('work on secrets.age, the encrypted secrets beside the inventory')
    .addHelpText('after', SECRETS_EXAMPLES)
    .action((verb: string, names: string[]) => choose('secrets', verb, ...names))
  program
    .command('history [run]')
    .description('the runs that have changed something on the hosts, newest first, or all that one of them has changed')
    .action((run?: string) => choose('history', ...(run === undefined ? [] : [run])))
  program
    .command('undo <run>')
    .description('put back the files that a run has replaced; refused where they have changed since')
    .action((run: string) => choose('undo', run))
  program
    .command('schema')
    .description("print the inventory's JSON schema")
    .action(() => choose('schema'))
  program
    .command('merge-reports <file...>')
    .description('make one report of the json reports of several runs, on other hosts each: the shards of a fleet')
    .addHelpText('after', MERGE_EXAMPLES)
    .action((files: string[]) => choose('merge-reports', ...files))
  for (const command of program.commands) explained(command, program)
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return undefined
    throw new UsageError(explain(error, argv.includes('exec')))
  }
  if (chosen === undefined) return undefined
  const options = { ...UNTYPED, ...program.opts<Partial<Options>>() }
  const command = chosen.command === 'apply' ? listOr(chosen.command, options) : chosen.command
  refuseMeaningless(program, command)
  if (command === 'apply') refuseContradictions(options)
  return { command, words: chosen.words, options }
}

/** Its own --help, with those of the program's options that mean something to it. */
const explained = (command: Command, program: Command): void => {
  const meaningful: readonly string[] = MEANINGFUL[command.name() as Exclude<CommandName, 'apply' | `list-${string}`>]
  command
    .helpOption('-h, --help', 'print this')
    .configureHelp({
      showGlobalOptions: true,
      visibleGlobalOptions: () => program.options.filter((option) => meaningful.includes(option.attributeName())),
    })
    .exitOverride()
}

/** To list something is a command of its own, although it is typed as an option. */
const listOr = (command: CommandName, { listRoles, listTasks, listHosts }: Options): CommandName => {
  if (listRoles) return 'list-roles'
  if (listTasks) return 'list-tasks'
  return listHosts ? 'list-hosts' : command
}

const describe = (version: string): Command =>
  new Command('trueup')
    .usage(
      '--role ROLE[,ROLE…] [options]\n       trueup --plan FILE\n       trueup verify | history [RUN] | undo RUN | exec PATTERN -- CMD\n       trueup trust HOST | secrets VERB | schema | merge-reports FILE…',
    )
    .argument('[words...]')
    .option('--role <roles>', 'roles to apply, or all; repeatable, comma-separated', listed)
    .option('--from <role>', 'begin with this one of them')
    .option('-i, --inventory <file>', 'default $TRUEUP_INVENTORY, else inventory/production.yml')
    .option(
      '--limit <pattern>',
      'only these hosts: names and groups, * and ? in them, !exclusions; commas between (in quotes)',
    )
    .option('--dry-run', 'read only: say what a run would change')
    .option('--out <file>', 'with --dry-run: save the plan')
    .option('--plan <file>', 'apply exactly this saved plan, or nothing where something has moved')
    .option('--allow-unknown', 'with --plan: also where a step could not be known')
    .option('--diff', 'show what changes inside files (the default)')
    .option('--no-diff', 'do not')
    .option('--reboot', 'reboot hosts where something needs it, once; otherwise they are told of')
    .option('--json', 'one event per line on stdout, nothing else there')
    .option('--report <kind=file>', 'write a report at the end: junit, html or json; repeatable', collected)
    .option('--profile', 'tell at the end, on stderr, where the time went')
    .option('--forks <n>', 'hosts at once (default 10)', positive)
    .option(
      '--serial <n|n%>',
      'work in batches of so many hosts: the next is begun when all of the last have ended',
      serial,
    )
    .option(
      '--max-fail <n|n%>',
      'begin no other host or batch once more have failed (default 0; dry runs: any)',
      maxFail,
    )
    .option('--shard <i/n>', 'only the i-th of n parts of the hosts', shard)
    .option('--lock-wait <seconds>', 'wait so long for another run that holds a host (default: not at all)', seconds)
    .option('--timeout <minutes>', 'end the run after the task in hand once it took so long', positive)
    .option('--ask-become-pass', 'ask once for the sudo password')
    .option('--list-roles', 'list the roles there are')
    .option('--list-tasks', 'list the tasks of the roles asked for; connects to nothing')
    .option('--list-hosts', 'list the hosts that would be worked on')
    .option('-v, --verbose', 'show commands and their output, secrets masked')
    .option('-y, --yes', 'trust: do not ask')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ outputError: () => {} })

const listed = (typed: string, before: readonly string[] = []): string[] => [
  ...before,
  ...typed.split(',').map((name) => name.trim()),
]

const collected = (typed: string, before: readonly string[] = []): string[] => [...before, typed]

const positive = (typed: string): number => {
  if (!/^[1-9]\d{0,3}$/.test(typed)) throw new InvalidArgumentError('It takes a whole number from 1.')
  return Number(typed)
}

const seconds = (typed: string): number => {
  if (!/^\d{1,6}$/.test(typed)) throw new InvalidArgumentError('It takes a whole number of seconds.')
  return Number(typed)
}

const unknownWord = (word: string): string =>
  refusal(word) ?? `unknown command ${JSON.stringify(word)}; --help lists what there is`

/** Commander's complaint in one line. */
const explain = ({ code, message }: CommanderError, exec: boolean): string => {
  const text = message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ')
  const option = /^unknown option '(.*?)'/.exec(text)?.[1]
  if (code !== 'commander.unknownOption' || option === undefined) return text
  return refusal(option) ?? (exec ? `${text}; the command of exec follows --` : text)
}

/** An option that means nothing to a command is a mistake. */
const refuseMeaningless = (program: Command, command: CommandName): void => {
  for (const option of program.options) {
    const name = option.attributeName()
    const typed = program.getOptionValueSource(name) === 'cli'
    if (typed && !MEANINGFUL[command].some((meaningful) => meaningful === name)) {
      const where = command === 'apply' ? 'without trust' : `with ${command.replace(/^list/, '--list')}`
      throw new UsageError(`${option.long} means nothing ${where}`)
    }
  }
}

/** What a plan says is not said again. */
const refuseContradictions = ({ dryRun, out, plan, allowUnknown, role, from, limit }: Options): void => {
  if (out !== undefined && !dryRun) throw new UsageError('--out saves the plan of a dry run; add --dry-run')
  if (allowUnknown && plan === undefined) throw new UsageError('--allow-unknown means nothing without --plan')
  if (plan === undefined) return
  const typed = { role: role.length > 0, from, limit, 'dry-run': dryRun }
  for (const [name, given] of Object.entries(typed))
    if (given !== undefined && given !== false)
      throw new UsageError(`--${name} means nothing with --plan: the plan says which roles, on which hosts`)
}
