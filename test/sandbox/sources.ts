// The machine's own apt sources decide where packages come from; no mirror is named in this project.
import { readdir, readFile } from 'node:fs/promises'
import { SandboxError } from './shell.ts'

/** One line (or stanza) of apt's sources: binary packages only. */
export type Source = { uri: string; suites: string[]; components: string[] }

/** An archive reduced to what a release needs: `suffix` is '', '-updates' or '-security'. */
export type Archive = { uri: string; suffixes: string[]; components: string[] }

const words = (text: string | undefined) => text?.split(/\s+/).filter(Boolean) ?? []

const oneLine = (line: string): Source[] => {
  const match = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line.trim())
  if (!match?.[1] || !match[2]) return []
  return [{ uri: match[1], suites: [match[2]], components: words(match[3]) }]
}

const stanza = (text: string): Source[] => {
  const fields = new Map<string, string>()
  let last = ''
  for (const line of text.split('\n').filter((line) => !line.startsWith('#'))) {
    const field = /^([A-Za-z-]+):(.*)$/.exec(line)
    if (field?.[1]) fields.set((last = field[1].toLowerCase()), field[2]?.trim() ?? '')
    else if (last) fields.set(last, `${fields.get(last) ?? ''} ${line.trim()}`)
  }
  if (!words(fields.get('types')).includes('deb') || fields.get('enabled') === 'no') return []
  const [suites, components] = [words(fields.get('suites')), words(fields.get('components'))]
  return words(fields.get('uris')).map((uri) => ({ uri, suites, components }))
}

/** Parses a `.list` file (one source a line) or, when `deb822` is true, a `.sources` file. */
export const parseSources = (text: string, deb822: boolean): Source[] =>
  deb822 ? text.split(/\n\s*\n/).flatMap(stanza) : text.split('\n').flatMap(oneLine)

const SUFFIXES = ['', '-updates', '-security']

/**
 * The archives that carry the machine's own release `codename`, and which of its suites each has.
 * @throws SandboxError when none does.
 */
export const archivesOf = (sources: readonly Source[], codename: string): Archive[] => {
  const archives = new Map<string, Archive>()
  for (const source of sources) {
    const uri = source.uri.replace(/\/+$/, '')
    const known = archives.get(uri) ?? { uri, suffixes: [], components: source.components }
    const suffixes = SUFFIXES.filter(
      (suffix) => known.suffixes.includes(suffix) || source.suites.includes(codename + suffix),
    )
    if (suffixes.length) archives.set(uri, { ...known, suffixes })
  }
  const found = [...archives.values()]
  if (found.some(({ suffixes }) => suffixes.includes(''))) return found
  throw new SandboxError(`no apt source of this machine carries ${codename}: see /etc/apt/sources.list.d`)
}

/** Reads every apt source of this machine. */
export const machineSources = async (): Promise<Source[]> => {
  const dir = '/etc/apt/sources.list.d'
  const files = (await readdir(dir).catch(() => [])).filter((file) => /\.(list|sources)$/.test(file)).sort()
  const paths = ['/etc/apt/sources.list', ...files.map((file) => `${dir}/${file}`)]
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => '')))
  return texts.flatMap((text, index) => parseSources(text, paths[index]?.endsWith('.sources') ?? false))
}
