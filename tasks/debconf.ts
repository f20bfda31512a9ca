import { family, join, type MaybeSecret, Secret, sh, sha256, type State, stdin, type Task, task } from '../lib/index.ts'

/** A package's questions, by name: `postfix/mailname: 'value'`, or its hash (`sha256:…`) for a password; absent ones are not keys. */
type Answers = State

/** Where debconf keeps its answers (debconf.conf(5), the default databases). */
const DATABASES = '/var/cache/debconf/config.dat'
const PASSWORDS = '/var/cache/debconf/passwords.dat'

/** Prints `NAME<TAB>VALUE` of the questions in ARGV[1…], which stand in paragraphs of `Name: …`, `Value: …`. */
const LOOKUP = `
  BEGIN { for (i = 2; i < ARGC; i++) { wanted[ARGV[i]]; delete ARGV[i] } }
  /^Name: / { name = substr($0, 7) }
  /^Value: / && name in wanted { print name "\\t" substr($0, 8) }
  /^Value:$/ && name in wanted { print name "\\t" }`

/** Questions of a task, as one key: names have no spaces. */
const questionsOf = (key: string): string[] => key.split(' ')

const answers = family<Answers>({
  name: 'debconf',
  needs: ['debconf-set-selections'],
  read: (keys) => {
    const questions = [...new Set(keys.flatMap(questionsOf))]
    return sh`
[ ! -e ${DATABASES} ] || awk ${LOOKUP} ${DATABASES} ${questions} || exit
[ ! -e ${PASSWORDS} ] || awk ${LOOKUP} ${PASSWORDS} ${questions} | while IFS=$'\t' read -r name value; do
  hash=$(printf %s "$value" | sha256sum) && printf '%s\tsha256:%s\n' "$name" "\${hash%% *}"
done`
  },
  parse: (stdout, keys) => {
    const lines = stdout.split('\n').filter((line) => line !== '')
    const found = new Map(lines.map((line) => [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)]))
    return new Map(
      keys.map((key) => [
        key,
        Object.fromEntries(
          questionsOf(key).flatMap((name): [string, string][] => {
            const value = found.get(name)
            return value === undefined ? [] : [[name, value]]
          }),
        ),
      ]),
    )
  },
})

/** debconf-devel(7), Type. */
export type QuestionType = 'boolean' | 'select' | 'multiselect' | 'string' | 'note' | 'text' | 'password'

const line = (owner: string, question: string, type: QuestionType, value: MaybeSecret): MaybeSecret => {
  if (!/^[A-Za-z0-9][A-Za-z0-9+./_-]*$/.test(question))
    throw new TypeError(`not the name of a debconf question: ${JSON.stringify(question)}`)
  const text = value instanceof Secret ? value.reveal() : value
  if (/[\r\n]|\\$|^\s|\s$/.test(text))
    throw new TypeError(`the answer to ${question} cannot stand in one line of debconf-set-selections(1)`)
  if (value instanceof Secret !== (type === 'password'))
    throw new TypeError(`${question}: secrets are of the type “password”, and passwords are secrets`)
  return join([`${owner} ${question} ${type} `, value, '\n'])
}

/**
 * A package's questions answered before it is installed (debconf-set-selections(1)). Packages may change the answers
 * when they are configured, and forget passwords: those belong to a task only while the package keeps them.
 *
 * @param owner - the package that asks
 * @param questions - by name, `{ 'postfix/mailname': ['string', 'example.org'] }`
 * @throws TypeError on an answer that does not fit in a line, and on a secret that is not of the type `password`
 */
export const debconf = (
  owner: string,
  questions: Readonly<Record<string, readonly [QuestionType, MaybeSecret]>>,
): Task => {
  if (!/^[a-z0-9][a-z0-9+.-]*$/.test(owner)) throw new TypeError(`not the name of a package: ${JSON.stringify(owner)}`)
  const entries = Object.entries(questions)
  const lines = new Map(entries.map(([name, [type, value]]) => [name, line(owner, name, type, value)]))
  const want = entries.map(([name, [, value]]) => [
    name,
    value instanceof Secret ? `sha256:${sha256(value.reveal())}` : value,
  ])
  return task({
    title: `debconf ${owner}: ${[...lines.keys()].join(' ')}`,
    want: answers([...lines.keys()].join(' ')).is(Object.fromEntries(want) as Answers),
    apply: ({ keys }) => {
      const selections = join(keys.map((name) => lines.get(name) ?? ''))
      const input = selections instanceof Secret ? stdin(selections) : sh`< <(printf %s ${selections})`
      return sh`tu_apt_turn debconf-set-selections ${input}`
    },
    sensitive: entries.flatMap(([name, [type]]) => (type === 'password' ? [name] : [])),
  })
}
