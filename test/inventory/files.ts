import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { type Inventory, loadInventory } from '../../inventory/load.ts'
import { InventoryError } from '../../inventory/problem.ts'
import type { Env } from '../../inventory/secrets.ts'

/** A folder that is gone after the tests of the file. */
export const folder = mkdtempSync(join(tmpdir(), 'trueup-inventory-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Writes a file into the folder. */
export const write = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** Loads an inventory from its text. */
export const load = (text: string, env: Env = {}): Inventory => loadInventory(write('i.yml', text), { env })

/** A site and one host, which is all that an inventory needs; what is given comes in between, or under the host. */
export const small = (rest = '', host = ''): string =>
  `site: { domain: example.org, project: app, dir: /srv/app }\n${rest}hosts:\n  web1:\n    address: 192.0.2.1\n${host}`

/** What an InventoryError says, as people see it, with the folder left out. */
export const said = (error: unknown): string[] => {
  if (!(error instanceof InventoryError)) throw error
  return error.message.split('\n').map((line) => line.replaceAll(`${folder}/`, ''))
}

/** What is wrong with an inventory, one problem each; [] when it loads. */
export const problemsOf = (text: string): string[] => {
  try {
    load(text)
    return []
  } catch (error) {
    return said(error)
  }
}
