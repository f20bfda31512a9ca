/** What one might look for and there is not, with what to do instead: refused by name, never accepted and ignored. */
const REFUSED: Readonly<Record<string, string>> = {
  '--persist': 'there is no --persist: no connection is kept between runs; each sets up its own and ends it',
}

/** Why a word is refused, where it is one of these. */
export const refusal = (word: string): string | undefined => {
  const name = word.split('=')[0] ?? ''
  return Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined
}

/** The roles that there will be in the end: an inventory may have variables for those that are still to come. */
const ROLE_NAMES = ['base-ubuntu', 'ufw', 'docker', 'certs', 'nginx', 'compose-stack', 'cron', 'monitoring']

/** The roles still to come. */
export const plannedRoles = (known: readonly string[]): string[] => ROLE_NAMES.filter((name) => !known.includes(name))
