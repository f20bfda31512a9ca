import { expect, it } from 'vitest'
import type { Line } from '../../lib/runner/fleet.ts'
import { Tree } from '../../lib/report/tree.ts'
import { run, summary, task } from './events.ts'

/** A line as listr2 has them: without a title it is not shown. */
const lineOf = (): Line & { readonly shown: () => string | undefined } => {
  const line: { title?: string } = {}
  return {
    output: '',
    task: line,
    get title() {
      return line.title ?? ''
    },
    set title(title: string) {
      line.title = title
    },
    shown: () => line.title,
  }
}

const watch = (hosts: number, rows: number) => {
  let text = ''
  const names = Array.from({ length: hosts }, (_, index) => `web${index + 1}`)
  const write = (more: string) => (text += more)
  const tree = new Tree({ write, colour: false, verbose: false, again: (host) => `again ${host}` }, hosts, rows)
  tree.emit(run(false, ...names))
  const lines = new Map(names.map((name) => [name, lineOf()]))
  const overview = lineOf()
  if (tree.crowded) tree.overview(overview)
  return {
    tree,
    overview,
    begin: (name: string) => tree.begin(lines.get(name) ?? lineOf(), name),
    shown: () => [...lines].flatMap(([name, line]) => (line.shown() === undefined ? [] : [name])),
    text: () => text,
  }
}

it('shows every host where there is room for all', () => {
  const { tree, begin, shown } = watch(3, 24)
  expect(tree.crowded).toBe(false)
  for (const name of ['web1', 'web2']) begin(name)
  tree.end('web1')
  expect(shown()).toEqual(['web1', 'web2'])
})

it('shows those under way, and one line about all, where there is not', () => {
  const { tree, overview, begin, shown, text } = watch(50, 24)
  expect([tree.crowded, overview.title]).toEqual([true, '0 of 50 hosts done'])
  for (const name of ['web1', 'web2', 'web3']) begin(name)
  expect([shown(), overview.title]).toEqual([['web1', 'web2', 'web3'], '0 of 50 hosts done, 3 under way'])
  tree.end('web1')
  tree.emit(task('web2', 'ufw', 'ufw enable', 'failed'))
  tree.end('web2')
  tree.emit({ event: 'host', host: 'web4', status: 'skipped', exitCode: 1, message: 'web2 failed' })
  expect(shown()).toEqual(['web3'])
  expect(overview.title).toBe('2 of 50 hosts done, 1 under way, 1 failed, 1 not begun')
  tree.note('finishing the task in hand')
  expect(overview.output).toBe('finishing the task in hand')
  tree.emit(summary(1, { web1: { ok: 1 }, web2: { failed: 1 }, web4: { error: 'web2 failed' } }))
  expect(text()).toContain('1 host not begun (web4): web2 failed')
})

it('has never more lines than rows, however many are under way', () => {
  const { begin, shown, overview, tree } = watch(50, 10)
  for (let index = 1; index <= 20; index += 1) begin(`web${index}`)
  expect(shown()).toHaveLength(6)
  expect(overview.title).toBe('0 of 50 hosts done, 20 under way')
  tree.end('web1')
  begin('web21')
  expect(shown()).toEqual(['web2', 'web3', 'web4', 'web5', 'web6', 'web21'])
})
