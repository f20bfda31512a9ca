import * as z from 'zod'
import { family } from '../../language/probe.ts'
import type { Role } from '../../language/role.ts'
import { all, raw, type Sh, sh } from '../../language/sh.ts'
import type { Change } from '../../language/state.ts'
import { check, type Declared, handler, type Handler, task, type Task } from '../../language/task.ts'
import type { Session } from '../../session/session.ts'
import type { Assignment } from '../compose.ts'
import { StaleError } from '../plan/compare.ts'
import { parseRun, type RememberedRun, readRun, type State } from './read.ts'
import { lacking, others, type Restoration, restorations, same } from './restore.ts'

type PathState = Record<keyof State, string>

const parse = (stdout: string, paths: readonly string[]): Map<string, PathState> => {
  const fields = stdout.split('\0')
  if (fields.length !== paths.length * 4 + 1) throw new Error('not what is at each path')
  return new Map(
    paths.map((path, index) => {
      const [type = '', mode = '', owner = '', content = ''] = fields.slice(index * 4)
      return [path, { type, mode, owner, content }]
    }),
  )
}

/** What is at a path, in the words of the journal (prelude-journal.ts). */
const remembered = family<PathState>({
  name: 'remembered',
  read: (paths) => sh`for path in ${paths}; do tu_state "$path" || exit; done`,
  parse,
})

/** Bytes of a file that are fetched to show what putting it back changes. */
const LIMIT = 256 * 1024

/** The kept text of a file that everybody could read; nothing for others, and where it is no text. */
type Texts = ReadonlyMap<string, string>

/**
 * The role that undoes a run on the host that is connected, made from what the host remembers of it.
 *
 * @throws StaleError with the names of the files that have changed since
 */
export const undoing = async (session: Session, id: string): Promise<readonly Assignment[]> => {
  const [journal] = await session.exec([readRun(id)], { limit: 64 * 1024 * 1024 })
  const run = journal?.code === 0 && !journal.truncated ? parseRun(journal.stdout) : undefined
  if (run === undefined) return []
  const list = restorations(run)
  const missing = list.flatMap((one) => lacking(one) ?? [])
  if (missing.length > 0) throw new Error(`${id} cannot be undone, and nothing was changed: ${missing.join('; ')}`)
  const { states, texts, left } = await look(session, id, list)
  const moved = list.filter(({ path, before, after }) => {
    const now = states.get(path)
    return now === undefined || !(same(now, before) || (after !== undefined && same(now, after)))
  })
  if (moved.length > 0)
    throw new StaleError(
      `nothing was changed: since ${id} put them there, these have changed: ${moved.map(({ path }) => path).join(', ')}`,
    )
  const tasks = list.filter(({ path }) => !left.includes(path)).map((one) => putBack(id, one, texts.get(one.path)))
  const role: Role = { name: 'undo', vars: z.unknown(), tasks: () => [...tasks, ...remarks(run, list, left)] }
  return [{ role, vars: {} }]
}

/** What is there now, the texts for the diffs, and the folders that others have put something into. */
const look = async (session: Session, id: string, list: readonly Restoration[]) => {
  const paths = list.map(({ path }) => path)
  const folders = list.filter(({ before, after }) => before.type === 'absent' && after?.type === 'directory')
  const shown = list.filter(({ before, kept }) => before.type === 'file' && kept !== undefined && isPublic(before))
  const [now, inside, ...bodies] = await session.exec(
    [
      remembered('/').family.read(paths),
      sh`for path in ${folders.map(({ path }) => path)}; do find "$path" -mindepth 1 -maxdepth 1 -printf '%p\0' 2> /dev/null || :; done`,
      ...shown.map(({ kept }) => sh`head -c ${LIMIT + 1} "$tu_home"/runs/${id}/${kept ?? ''}`),
    ],
    { limit: 16 * 1024 * 1024 },
  )
  if (now?.code !== 0) throw new Error(`what is there now cannot be read: ${now?.stderr.toString().trim()}`)
  const removed = new Set(list.flatMap(({ path, before }) => (before.type === 'absent' ? [path] : [])))
  const strangers = (inside?.stdout.toString().split('\0') ?? []).filter((path) => path !== '' && !removed.has(path))
  const texts: Texts = new Map(
    shown.flatMap(({ path }, index) => {
      const bytes = bodies[index]?.stdout ?? Buffer.alloc(0)
      return bytes.length > LIMIT || bytes.includes(0) ? [] : [[path, bytes.toString()]]
    }),
  )
  const left = folders.map(({ path }) => path).filter((path) => strangers.some((one) => one.startsWith(`${path}/`)))
  return { states: parse(now.stdout.toString(), paths), texts, left }
}

const isPublic = ({ mode }: State): boolean => (Number.parseInt(mode, 8) & 4) !== 0

/** The task that makes a path what it was. */
const putBack = (id: string, one: Restoration, text: string | undefined): Declared => {
  const { path, before, after } = one
  const gone = before.type === 'absent'
  const preview = gone ? '' : text
  return task({
    title: `${gone ? 'remove' : 'put back'} ${path}`,
    owns: [{ path }],
    want: remembered(path).is({ ...before }),
    sensitive: before.type === 'file' || after?.type === 'file' ? ['content'] : [],
    apply: ({ now }) => {
      if (after === undefined || !same(now, after)) throw new Error(`${path} has changed since ${id} put it there`)
      return all(command(id, one), ...(path.startsWith('/etc/systemd/system/') ? [sh`systemctl daemon-reload`] : []))
    },
    ...(preview !== undefined && after?.type !== 'directory' && { preview: { path, after: () => preview } }),
    words: (changes) => words(one, changes),
    notifies: runnable(one),
  })
}

/** What a file holds is told by the diff, where it may be told. */
const words = ({ before, after }: Restoration, changes: readonly Change[]): string[] =>
  before.type === 'absent'
    ? [`${after?.type ?? 'something'} → absent`]
    : changes.flatMap(({ key, from, to }) =>
        key === 'content' && before.type === 'file'
          ? []
          : [`${key === 'content' ? 'target' : key}: ${from === '' ? 'none' : from} → ${to}`],
      )

const command = (id: string, { path, before, after, kept }: Restoration): Sh => {
  const [user = '', group = ''] = before.owner.split(':')
  switch (before.type) {
    case 'file':
      return sh`tu_put ${path} ${before.mode} ${user} ${group} < "$tu_home"/runs/${id}/${kept ?? ''}`
    case 'link':
      return sh`tu_link ${path} ${before.content} && chown -h -- ${before.owner} ${path}`
    case 'directory':
      return sh`tu_dir ${path} ${before.mode} ${user} ${group}`
    default:
      return after?.type === 'directory' ? sh`tu_keep ${path} && rmdir -- ${path}` : sh`tu_remove ${path}`
  }
}

const runnable = ({ handlers }: Restoration): Handler[] =>
  handlers.flatMap(({ id, title, script }) => (script === null ? [] : [handler({ id, title, run: raw(script) })]))

/** What undoing a run does not do, said as warnings. */
const remarks = (run: RememberedRun, list: readonly Restoration[], left: readonly string[]): Task[] => {
  const more = others(run)
  const secret = new Set(
    list.flatMap(({ handlers }) => handlers.flatMap(({ title, script }) => (script === null ? [title] : []))),
  )
  return [
    ...(more.length > 0
      ? [remark('only files are put back', `not undone, since only files are: ${more.join(', ')}`)]
      : []),
    ...left.map((path) => remark(`folder ${path}`, `left where it is, since something else is in it by now: ${path}`)),
    ...[...secret].map((title) => remark(`handler ${title}`, `not run, since a secret is part of it: ${title}`)),
  ]
}

const remark = (title: string, text: string): Task =>
  check({ title, want: remembered('/').is({ type: 'never' }), level: 'warn', say: () => text })
