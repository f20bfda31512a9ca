import { type Blob, describeBlob } from './blob.ts'
import { quote } from './quote.ts'
import { Secret } from './secret.ts'

/** What may stand inside `` sh`…${here}…` ``. Lists become one word each; `undefined`, objects and secrets do not compile. */
export type Word = string | number
export type Part = Word | readonly Word[] | Sh | readonly Sh[] | Blob

/** One piece of a command: text as written, a word to be quoted, a secret, or content to be read from. */
export type Piece =
  | { readonly text: string }
  | { readonly word: string }
  | { readonly secret: Secret }
  | { readonly blob: Blob }

/** A command as a value: it can be printed, compared and sent, and it runs nothing. Run by bash on the host. */
export class Sh {
  readonly pieces: readonly Piece[]

  constructor(pieces: readonly Piece[]) {
    this.pieces = pieces
  }

  /** As people see it: secrets by name, content by size and hash. */
  toString(): string {
    return this.render((secret) => secret.toString(), describeBlob)
  }

  /** The blobs it reads, in order. */
  get blobs(): readonly Blob[] {
    return this.pieces.flatMap((piece) => ('blob' in piece ? [piece.blob] : []))
  }

  /**
   * The text that a shell runs.
   *
   * @param onSecret - spells a secret as one shell word
   * @param onBlob - spells content as a redirection (`< …`) that the command before it reads
   */
  render(onSecret: (secret: Secret) => string, onBlob: (blob: Blob) => string): string {
    return this.pieces
      .map((piece) => {
        if ('text' in piece) return piece.text
        if ('word' in piece) return quote(piece.word)
        return 'secret' in piece ? onSecret(piece.secret) : onBlob(piece.blob)
      })
      .join('')
  }
}

const pieces = (part: Part): readonly Piece[] => {
  if (part instanceof Sh) return part.pieces
  if (typeof part === 'string' || typeof part === 'number') return [{ word: String(part) }]
  if (part instanceof Secret)
    throw new TypeError(`${part}: a secret is no argument; use stdin(), env() or a file's content`)
  if ('kind' in part) return [{ blob: part }]
  return part.flatMap((one, index) => [...(index > 0 ? [{ text: ' ' }] : []), ...pieces(one)])
}

/** A template's text as it was typed, so that `\n` is the shell's; only `\${` and a backtick need their backslash. */
const typed = (text: string): string => text.replaceAll('\\${', '${').replaceAll('\\`', '`')

/** Builds a command; every interpolation is quoted for the shell, a list as one word each. Backslashes stay as typed. */
export const sh = (texts: TemplateStringsArray, ...parts: readonly Part[]): Sh =>
  new Sh(
    texts.raw.map(typed).flatMap((text, index) => {
      const part = parts[index]
      if (index < parts.length && part === undefined)
        throw new TypeError(`a command needs a value after “${text.slice(-40)}”`)
      return part === undefined ? [{ text }] : [{ text }, ...pieces(part)]
    }),
  )

/** A command from text that is already shell: for scripts kept in files, never for values. */
export const raw = (text: string): Sh => new Sh([{ text }])

/** Commands one after the other, stopping at the first that fails. */
export const all = (...commands: readonly Sh[]): Sh => lines(commands, ' &&\n')

const lines = (commands: readonly Sh[], separator: string): Sh =>
  new Sh(commands.flatMap((command, index) => [...(index > 0 ? [{ text: separator }] : []), ...command.pieces]))

/** Feeds a secret to the command before it: `` sh`chpasswd ${stdin(password)}` ``. It never shows in `ps`. */
export const stdin = (secret: Secret): Sh => new Sh([{ text: '< <(printf %s ' }, { secret }, { text: ')' }])

/** Sets variables for the command after it: `` sh`${env({ PGPASSWORD: password })} psql` ``. */
export const env = (variables: Readonly<Record<string, string | Secret>>): Sh =>
  new Sh(
    Object.entries(variables).flatMap(([name, value], index): Piece[] => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
        throw new TypeError(`not the name of an environment variable: ${JSON.stringify(name)}`)
      return [
        { text: `${index > 0 ? ' ' : ''}${name}=` },
        value instanceof Secret ? { secret: value } : { word: value },
      ]
    }),
  )
