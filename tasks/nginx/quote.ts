/**
 * One parameter of a directive, in double quotes where it needs them (nginx, ngx_conf_read_token(): a backslash keeps
 * `"` and `\`; `;`, `{`, `}`, `#` and blanks mean nothing inside quotes).
 *
 * @param options.variables - let `$name` stand for a variable of nginx; there is no way to write a `$` that is just one
 * @throws TypeError for line ends and other control characters, and for a `$` unless variables are let in
 */
export const nginxQuote = (value: string, options: { readonly variables?: boolean } = {}): string => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to refuse
  if (/[\u0000-\u001f\u007f]/.test(value))
    throw new TypeError(`nginx cannot hold a control character: ${JSON.stringify(value.slice(0, 80))}`)
  if (value.includes('$') && options.variables !== true)
    throw new TypeError(`nginx would take $ in ${JSON.stringify(value.slice(0, 80))} for a variable`)
  return /^[A-Za-z0-9_./:@%+,=~*?!&|^()<>[\]$-]+$/.test(value)
    ? value
    : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/**
 * A word that needs no quotes: a name, a host, a path. For places where quotes mean something else.
 *
 * @throws TypeError for blanks, quotes, and `; { } # $ \`
 */
export const nginxWord = (value: string): string => {
  if (!/^[A-Za-z0-9_./:@%+,=~*-]+$/.test(value))
    throw new TypeError(`not a plain word for nginx: ${JSON.stringify(value.slice(0, 80))}`)
  return value
}
