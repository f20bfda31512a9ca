/** What one might look for and there is not, with what to do instead: refused by name, never accepted and ignored. */
const REFUSED: Readonly<Record<string, string>> = {
  '--persist': 'there is no --persist: no connection is kept between runs; each sets up its own and ends it',
}

const nameOf = (word: string): string => word.split('=')[0] ?? ''

/** Whether a word is an option or a subcommand that there is not, and why is known. */
export const isPlanned = (word: string): boolean => Object.hasOwn(REFUSED, nameOf(word))

/** Why it is refused. */
export const refusal = (word: string): string => REFUSED[nameOf(word)] ?? `${nameOf(word)} is not built yet`

/** The roles that there will be in the end: an inventory may have variables for those that are still to come. */
const ROLE_NAMES = ['base-ubuntu', 'ufw', 'docker', 'certs', 'nginx', 'compose-stack', 'cron', 'monitoring']

/** The roles still to come. */
export const plannedRoles = (known: readonly string[]): string[] => ROLE_NAMES.filter((name) => !known.includes(name))
