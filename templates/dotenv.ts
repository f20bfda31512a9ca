import { join, type MaybeSecret, Secret } from '../lib/index.ts'

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', $: '\\$', '\n': '\\n', '\r': '\\r' }

/**
 * One value as Compose reads it in a file of variables: plain, in single quotes (nothing in them has a meaning), or in
 * double quotes with escapes where it holds a single quote or a line end (compose-spec, env_file format).
 */
export const dotenvValue = (value: string): string => {
  if (value.includes('\0')) throw new TypeError('a file of variables cannot hold a NUL')
  if (/^[A-Za-z0-9_./:@%+,=~^*?&|()<>[\]{}-]*$/.test(value) && !value.includes(' #')) return value
  if (!/['\n\r]/.test(value) && !value.endsWith('\\')) return `'${value}'`
  return `"${value.replaceAll(/[\\"$\n\r]/g, (one) => escapes[one] ?? one)}"`
}

/**
 * A file of variables for Compose; a secret as soon as one of its values is one.
 *
 * @throws TypeError for a name that no variable can have, and a NUL in a value
 */
export const dotenv = (variables: Readonly<Record<string, MaybeSecret>>): MaybeSecret =>
  join([
    '# Managed by trueup: changes made here are put back.\n',
    ...Object.entries(variables).flatMap(([name, value]): MaybeSecret[] => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new TypeError(`not a variable's name: ${JSON.stringify(name)}`)
      return [`${name}=`, value instanceof Secret ? value.map(dotenvValue) : dotenvValue(value), '\n']
    }),
  ])
