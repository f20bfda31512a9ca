/** What the command line will have and has not yet: refused by name, never accepted and ignored. */
const options = ['--serial', '--max-fail', '--shard', '--persist']

const commands = ['merge-reports']

/** Whether a word is an option or a subcommand that is still to come. */
export const isPlanned = (word: string): boolean => [...options, ...commands].includes(word.split('=')[0] ?? '')

/** The roles that there will be in the end: an inventory may have variables for those that are still to come. */
const ROLE_NAMES = ['base-ubuntu', 'ufw', 'docker', 'certs', 'nginx', 'compose-stack', 'cron', 'monitoring']

/** The roles still to come. */
export const plannedRoles = (known: readonly string[]): string[] => ROLE_NAMES.filter((name) => !known.includes(name))
