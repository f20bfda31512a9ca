/**
 * Orders two Debian versions as dpkg(1) does, without asking it (deb-version(7), “Sorting algorithm”): epoch, then
 * upstream version, then revision, each by turns as text without digits (letters before the rest, `~` before all, even
 * before the end) and as a number.
 *
 * @returns a negative number where `a` is older, 0 where they are the same, a positive one where `a` is newer
 */
export const compare = (a: string, b: string): number => {
  const [left, right] = [split(a), split(b)]
  return left.epoch - right.epoch || byParts(left.upstream, right.upstream) || byParts(left.revision, right.revision)
}

/** Whether a version is the given one or newer; what is not installed (`null`) never is. */
export const atLeast = (version: string | null, floor: string): boolean =>
  version !== null && compare(version, floor) >= 0

const split = (version: string) => {
  const [, epoch = '0', upstream = '', revision = '0'] = /^(?:(\d+):)?(.*?)(?:-([^-]*))?$/s.exec(version) ?? []
  return { epoch: Number(epoch), upstream, revision }
}

/** Text and numbers by turns: `1.10~rc` is '', 1, '.', 10, '~rc', ''. */
const turns = (part: string): string[] => part.split(/(\d+)/)

const byParts = (a: string, b: string): number => {
  const [left, right] = [turns(a), turns(b)]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [l = '', r = ''] = [left[index], right[index]]
    const order = index % 2 === 0 ? byText(l, r) : byNumber(l, r)
    if (order !== 0) return order
  }
  return 0
}

const byNumber = (a: string, b: string): number => {
  const [l, r] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')]
  return l.length - r.length || (l < r ? -1 : l > r ? 1 : 0)
}

const rank = (character: string | undefined): number => {
  if (character === undefined) return 0
  if (character === '~') return -1
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256
}

const byText = (a: string, b: string): number => {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const order = rank(a[index]) - rank(b[index])
    if (order !== 0) return order
  }
  return 0
}
