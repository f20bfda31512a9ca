import type { Blob } from '../language/blob.ts'
import { quote } from '../language/quote.ts'
import type { Secret } from '../language/secret.ts'
import type { Sh } from '../language/sh.ts'

/** Text up to this many bytes rides in the script as it is. */
const TEXT_MAX = 64 * 1024
/** Content beyond this many bytes is uploaded first. */
export const INLINE_MAX = 256 * 1024

const isText = (bytes: Buffer): boolean => !bytes.includes(0) && Buffer.from(bytes.toString()).equals(bytes)

const spellSecret = (secret: Secret): string => {
  const value = secret.reveal()
  // Not quote()'s own complaint: that one shows the value.
  if (value.includes('\0')) throw new TypeError(`${secret}: it holds a NUL, which no argument or variable can`)
  return quote(value)
}

/** Spells content as a redirection that bash reads from a pipe: nothing of it in argv or in a file. */
const spellBlob = ({ bytes }: Blob): string =>
  bytes.length <= TEXT_MAX && isText(bytes)
    ? `< <(printf %s ${quote(bytes.toString())})`
    : `< <(printf %s ${quote(bytes.toString('base64'))} | base64 -d)`

/**
 * One command as bash will read it.
 *
 * @param uploaded - where content lies that is too large to ride along, by hash
 */
export const spell = (command: Sh, uploaded: ReadonlyMap<string, string> = new Map()): string =>
  command.render(spellSecret, (blob) => {
    const path = uploaded.get(blob.sha256)
    return path === undefined ? spellBlob(blob) : `< ${quote(path)}`
  })

const script = (commands: readonly string[], run: string): string =>
  ['__mark 0 0', ...commands.map((text, index) => `__c=${quote(text)}\n${run}\n__mark ${index + 1} $?`)].join('\n')

/**
 * The script of a request: each command in a subshell of its own that does not hold the loop's descriptor 8, with a mark
 * after it. Each is parsed by an `eval` of its own, so that a syntax error stays where it is; the subshell stands inside
 * of it, as bash then turns `( stat / )` into one process and not two.
 */
export const jobScript = (commands: readonly string[]): string => script(commands, 'eval "( $__c\n) 8>&-"')

/** The same for the loop's own shell: what the commands define and open stays. */
export const hereScript = (commands: readonly string[]): string => script(commands, 'eval "$__c"')

/**
 * The command that takes the next `size` bytes of the channel into a new file (0600, O_EXCL), and a line end that says
 * that these were all of them. It reads them to the end also where the file cannot be written, as what follows is the
 * next request. What is not whole is removed.
 */
export const receive = (path: string, size: number): string => {
  const file = quote(path)
  return `umask 077; set -C
head -c ${size} | { { made=1; cat; } > ${file} || { [ -z "$made" ] || rm -f ${file}; cat > /dev/null; exit 1; }; } &&
{ read -r _ || { rm -f ${file}; exit 1; }; }`
}

/**
 * The command that watches over a file while it is filled by another way, until the channel says whether to keep it.
 * Beats come meanwhile; when the connection is lost, the file is not whole.
 */
export const keep = (path: string): string => {
  const file = quote(path)
  return `while read -r word && [ "$word" = beat ]; do :; done
[ "$word" = keep ] && [ -f ${file} ] || { rm -f ${file}; exit 1; }`
}
