import { printable } from './style.ts'

/** What XML 1.0 (2.2, Char) allows, of what `printable` leaves: no half of a surrogate pair, and neither U+FFFE nor U+FFFF. */
const allowed = (text: string): string =>
  Buffer.from(text)
    .toString()
    .replace(/[\uFFFE\uFFFF]/g, '\uFFFD')

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  // In an attribute they would be read as spaces.
  '\n': '&#10;',
  '\t': '&#9;',
}

/** Text as it may stand between tags, of XML and of HTML. */
export const text = (value: string): string =>
  allowed(printable(value)).replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)

/** Text as it may stand in an attribute, between double quotes. */
export const attribute = (value: string): string =>
  allowed(printable(value)).replace(/[&<>"'\n\t]/g, (char) => ENTITIES[char] ?? char)
