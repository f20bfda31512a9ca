import { readFileSync } from 'node:fs'

/**
 * A file of the project's folder `files/`, also from the built program, which lies as deep as this one.
 *
 * @param name - such as `scripts/deploy.sh`
 */
export const shipped = (name: string): Buffer => readFileSync(new URL(`../files/${name}`, import.meta.url))
