import { join, resolve } from 'node:path'
import { Secret } from '../lib/language/secret.ts'
import { openVault, type Vault } from './age.ts'
import { expandHome } from './home.ts'
import type { SecretNode } from './node.ts'
import { type Problem, showPlace } from './problem.ts'
import { nearest } from './suggest.ts'
import { readTextFile } from './text-file.ts'
import type { Lookup } from './value.ts'

/** The variables of the process, such as `process.env`. */
export type Env = Readonly<Record<string, string | undefined>>

/** What was found of some secrets, and what is wrong with the others. */
export interface Looked {
  readonly lookup: Lookup
  readonly problems: readonly Problem[]
}

/** Where the secrets of an inventory come from, and the files that it names. */
export interface Secrets {
  /** Looks up what these nodes name; `secrets.age` is opened only when the environment lacks one of them. */
  look(nodes: readonly SecretNode[]): Promise<Looked>
}

/** The environment variable of a secret. */
export const variableOf = (name: string): string => `TRUEUP_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`

/** The secrets of the inventory in a folder: from the environment, else from `secrets.age`. */
export const secretsBeside = (folder: string, env: Env): Secrets => {
  const found = new Map<string, Secret>()
  let vault: Promise<Vault> | undefined

  /** Remembers what is in a file, or says what is wrong with it. */
  const read = async ({ name, at }: SecretNode, path: string): Promise<Problem | undefined> => {
    try {
      const text = await readTextFile(resolve(folder, expandHome(path, env)))
      if (text === '') return { ...at, message: `${name} is empty` }
      found.set(name, new Secret(name, text))
      return undefined
    } catch (error) {
      return { ...at, message: `${name} cannot be used: ${error instanceof Error ? error.message : String(error)}` }
    }
  }

  /** Remembers a secret, or says what is wrong with it. */
  const seek = async ({ name, at }: SecretNode): Promise<Problem | undefined> => {
    const variable = variableOf(name)
    let value = env[variable]
    let source = variable
    if (value === undefined) {
      vault ??= openVault(join(folder, 'secrets.age'), env)
      const { file, state } = await vault
      if (state.kind === 'broken') return state.problem
      value = state.kind === 'open' ? state.values.get(name) : undefined
      source = showPlace(file)
      if (value === undefined) {
        const close = state.kind === 'open' ? nearest(name, [...state.values.keys()]) : undefined
        const why = state.kind === 'absent' ? ' (no such file)' : close ? ` (it holds "${close}")` : ''
        return { ...at, message: `secret ${name} is missing; set ${variable}, or add ${name} to ${source}${why}` }
      }
    }
    if (value === '') return { ...at, message: `secret ${name} is empty in ${source}; give it a value` }
    found.set(name, new Secret(name, value))
    return undefined
  }

  return {
    look: async (nodes) => {
      const problems: Problem[] = []
      for (const node of nodes) {
        if (found.has(node.name)) continue
        const problem = await (node.path === undefined ? seek(node) : read(node, node.path))
        if (problem) problems.push(problem)
      }
      return { lookup: (name) => found.get(name), problems }
    },
  }
}
