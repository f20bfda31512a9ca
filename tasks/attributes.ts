/** What a path of ours is called: absolute, and spelled in one way only. */
const PATH = /^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/
const MODE = /^[0-7]{4}$/
const NAME = /^[a-z_][a-z0-9_.-]*\$?$|^[0-9]+$/i

/** @throws TypeError on a path that is not absolute, or that has another spelling */
export const absolute = (path: string): string => {
  if (typeof path === 'string' && PATH.test(path)) return path
  throw new TypeError(
    `a path begins with / and has no . or .. or // in it and no / at its end, unlike ${JSON.stringify(path)}`,
  )
}

/** @throws TypeError on what is no mode or no name of a user or a group */
export const attributes = <T extends { readonly mode: string; readonly owner: string; readonly group: string }>(
  given: T,
): T => {
  const { mode, owner, group } = given
  // Also told to whoever runs the roles without having checked their types.
  if (typeof mode !== 'string' || !MODE.test(mode))
    throw new TypeError(`a mode is four octal digits such as '0644', unlike ${JSON.stringify(mode)}`)
  for (const name of [owner, group])
    if (!NAME.test(name)) throw new TypeError(`not the name of an owner or a group: ${JSON.stringify(name)}`)
  return given
}
