import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Declared, type Derived, type Task } from '../../lib/index.ts'
import { block, noBlock, withBlock, withoutBlock } from '../../tasks/block.ts'
import { line, noLine, withLine, withoutLines } from '../../tasks/line.ts'
import { editLines } from '../../tasks/lines.ts'
import { file, path } from '../../tasks/path.ts'
import { edit, text, type TextFileState } from '../../tasks/text.ts'
import { sha256 } from '../../lib/index.ts'

const END = fc.constantFrom('\n', '\r\n')
const CONTENT = fc.oneof(
  fc.constantFrom('Port 22', '#Port 22', 'Port', 'x', '', '# BEGIN trueup a', 'ü$&'),
  fc.string({ maxLength: 5 }),
)
const plain = CONTENT.filter((content) => !/[\r\n]/.test(content))
const TEXT = fc
  .tuple(fc.array(fc.tuple(plain, END)), fc.oneof(plain, fc.constant('')))
  .map(([lines, last]) => lines.map(([content, end]) => content + end).join('') + last)
const MARKERS = { begin: '# BEGIN trueup a', end: '# END trueup a' }
const whole = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? []
const others = (text: string, mine: RegExp) =>
  whole(text)
    .map((one) => one.replace(/\r?\n$/, ''))
    .filter((one) => !mine.test(one))

describe('lines', () => {
  it('stay byte for byte where nothing is changed', () => {
    fc.assert(fc.property(TEXT, (before) => void expect(editLines(before, (lines) => lines)).toBe(before)))
  })
})

describe('withLine', () => {
  it.each([
    ['', 'a', undefined, 'a\n'],
    ['x\n', 'a', undefined, 'x\na\n'],
    ['x', 'a', undefined, 'x\na'],
    ['x\r\n', 'a', undefined, 'x\r\na\r\n'],
    ['a\nx\na\n', 'a', undefined, 'a\nx\na\n'],
    ['#Port 22\nx\nPort 1\nPort 2', 'Port 3', /^#?Port /, 'Port 3\nx'],
    ['x\r\nPort 1\r\ny', 'Port 3', /^Port /, 'x\r\nPort 3\r\ny'],
    ['a $& b\n', "$& $1 $' $$", /^\$/, "a $& b\n$& $1 $' $$\n"],
  ])('makes of %j with %j', (before, wanted, match, after) => {
    expect(withLine(before, wanted, match)).toBe(after)
  })

  it('puts a new line in its place', () => {
    const text = '[a]\nx\n[b]\ny\n'
    expect(withLine(text, 'n', undefined, { after: /^\[a\]$/ })).toBe('[a]\nn\nx\n[b]\ny\n')
    expect(withLine(text, 'n', undefined, { before: /^\[b\]$/ })).toBe('[a]\nx\nn\n[b]\ny\n')
    expect(withLine(text, 'n', undefined, { after: /^\[c\]$/, before: /^\[d\]$/ })).toBe(`${text}n\n`)
  })

  it('changes nothing the second time, and no other line ever', () => {
    fc.assert(
      fc.property(TEXT, fc.integer(), fc.boolean(), (before, port, pattern) => {
        const wanted = `Port ${port}`
        const match = pattern ? /^#?Port / : undefined
        const after = withLine(before, wanted, match)
        expect(withLine(after, wanted, match)).toBe(after)
        expect(whole(after).map((one) => one.replace(/\r?\n$/, ''))).toContain(wanted)
        const mine = pattern ? /^#?Port / : new RegExp(`^${wanted}$`)
        expect(others(after, mine)).toEqual(others(before, mine))
        // Where the last line of all was a second copy, what is left may end as the line before it did.
        const twin =
          mine.test(before.split('\n').at(-1) ?? '') && before.split('\n').filter((one) => mine.test(one)).length > 1
        if (!twin) expect(after.endsWith('\n')).toBe(before === '' || before.endsWith('\n'))
      }),
      { examples: [['Port 22\n\nPort 22', 0, true]] },
    )
  })

  it('and what is removed is gone', () => {
    fc.assert(
      fc.property(TEXT, (before) => {
        const after = withoutLines(before, /^#?Port/)
        expect(withoutLines(after, /^#?Port/)).toBe(after)
        expect(others(after, /^$/)).toEqual(others(before, /^#?Port|^$/))
      }),
    )
  })
})

describe('withBlock', () => {
  it.each([
    ['', '# BEGIN trueup a\nb\n# END trueup a\n'],
    ['x', 'x\n# BEGIN trueup a\nb\n# END trueup a'],
    ['x\n# BEGIN trueup a\nold\nold\n# END trueup a\ny\n', 'x\n# BEGIN trueup a\nb\n# END trueup a\ny\n'],
    [
      '# BEGIN trueup a\n# END trueup a\r\ny\n# BEGIN trueup a\nb\n# END trueup a\n',
      '# BEGIN trueup a\nb\n# END trueup a\ny\n',
    ],
  ])('makes of %j', (before, after) => {
    expect(withBlock(before, MARKERS, ['b'])).toBe(after)
  })

  it('refuses a block without an end', () => {
    expect(() => withBlock('# BEGIN trueup a\nx\n', MARKERS, [])).toThrow(/no “# END trueup a” after it/)
    expect(() => withoutBlock('# BEGIN trueup a', MARKERS)).toThrow(/no “# END/)
  })

  it('changes nothing the second time, and no other line ever', () => {
    fc.assert(
      fc.property(TEXT, fc.array(fc.constantFrom('one', 'two', '')), (start, body) => {
        const before = start.replaceAll('# BEGIN trueup a', 'x')
        const after = withBlock(before, MARKERS, body)
        expect(withBlock(after, MARKERS, body)).toBe(after)
        expect(withoutBlock(after, MARKERS).split(/\r?\n/).filter(Boolean)).toEqual(
          before.split(/\r?\n/).filter(Boolean),
        )
        const changed = withBlock(after, MARKERS, ['new'])
        expect(withBlock(changed, MARKERS, body)).toBe(after)
      }),
    )
  })
})

const derived = (task: Task) => task as Derived<TextFileState>
const found = (content: string | null, more: Partial<TextFileState> = {}): TextFileState => ({
  ...(content === null
    ? { type: null, mode: null, owner: null, group: null, sha256: null }
    : { type: 'file', mode: '0640', owner: 'root', group: 'adm', sha256: sha256(content) }),
  target: null,
  text: content,
  ...more,
})
const make = (task: Task, state: TextFileState) => {
  const made = derived(task).make(state)
  expect(made.title).toBe(task.title)
  return made
}
const say = (task: Task, state: TextFileState): string => {
  const made = make(task, state)
  return made.kind === 'check' && made.level === 'fail' ? made.say({ now: state, changes: [] }) : `a ${made.kind}`
}
const drift = { now: {}, changes: [], keys: [] }

describe('a line in a file', () => {
  const task = line({ path: '/etc/x', line: 'Port 3', match: /^Port / })

  it('wants the text with it, keeping mode and owner', () => {
    expect(task).toMatchObject({
      kind: 'derive',
      title: 'line in /etc/x: ^Port ',
      owns: [{ path: '/etc/x', part: true }],
    })
    const made = make(task, found('Port 1\n')) as Declared
    expect(made.want).toEqual(text('/etc/x').is({ text: 'Port 3\n' }))
    expect(String(made.apply(drift))).toBe(
      `{ [ "$(sha256sum </etc/x)" = '${sha256('Port 1\n')}  -' ] || { echo /etc/x has changed since it was read >&2; false; }; } &&
tu_put /etc/x 0640 root adm ‹7 B sha256:${sha256('Port 3\n').slice(0, 8)}…›`,
    )
    expect(made.apply(drift).blobs[0]?.bytes.toString()).toBe('Port 3\n')
    expect(made.preview?.after('Port 7\ny')).toBe('Port 3\ny')
    const attributes = { type: 'file', mode: '0640', owner: 'root', group: 'adm' } as const
    expect(made.provides).toEqual([
      file('/etc/x').is({ ...attributes, sha256: sha256('Port 3\n') }),
      path('/etc/x').is(attributes),
    ])
    expect((make(task, found('Port 3\n')) as Declared).want).toEqual(text('/etc/x').is({ text: 'Port 3\n' }))
  })

  it('makes the file only when asked to', () => {
    expect(say(task, found(null))).toBe('/etc/x is not there')
    const created = make(line({ path: '/etc/x', line: 'a', create: true, mode: '0600' }), found(null)) as Declared
    expect(created.want.want).toEqual({ type: 'file', mode: '0600', owner: 'root', group: 'root', text: 'a\n' })
    expect(String(created.apply(drift))).toContain('{ [ ! -e /etc/x ] && [ ! -L /etc/x ] || {')
  })

  it('is not put in anything but a file', () => {
    expect(say(task, found(null, { type: 'link', target: '/y' }))).toBe(
      '/etc/x is a link, and no file that could be edited',
    )
    expect(say(task, found(null, { type: 'directory' }))).toContain('is a directory')
  })

  it('is not there in a file that is not there', () => {
    expect(make(noLine({ path: '/etc/x', match: /a/ }), found(null))).toMatchObject({
      kind: 'check',
      want: { want: {} },
    })
    expect((make(noLine({ path: '/etc/x', match: /a/ }), found('a\nb\n')) as Declared).want.want).toEqual({
      text: 'b\n',
    })
  })

  it('goes through the check of the file', () => {
    const checked = line({
      path: '/etc/x/y',
      line: 'a',
      validate: { tree: '/etc/x', check: { toString: () => 'x -t' } as never },
    })
    expect(String((make(checked, found('b\n')) as Declared).apply(drift))).toContain("root adm /etc/x 'x -t' ‹")
  })

  it.each<[string, Partial<Parameters<typeof line>[0]>]>([
    ['two lines', { line: 'a\nb' }],
    ['no line', { line: '' }],
    ['a line unlike its pattern', { line: 'a', match: /^b/ }],
    ['a pattern with a memory', { line: 'a', match: /a/g }],
    ['a place with a memory', { line: 'a', after: /a/y }],
  ])('refuses %s', (_, options) => {
    expect(() => line({ path: '/etc/x', line: 'a', ...options })).toThrow(TypeError)
  })
})

describe('a block in a file', () => {
  it('has the markers of the file’s comments', () => {
    const made = make(block({ path: '/x', name: 'a', body: '1\n2\n', comment: ['<!--', '-->'] }), found('')) as Declared
    expect(made.want.want).toEqual({ text: '<!-- BEGIN trueup a -->\n1\n2\n<!-- END trueup a -->\n' })
    expect((make(block({ path: '/x', name: 'a', body: '' }), found('')) as Declared).want.want).toEqual({
      text: '# BEGIN trueup a\n# END trueup a\n',
    })
    expect(
      (make(noBlock({ path: '/x', name: 'a' }), found('1\n# BEGIN trueup a\n# END trueup a\n')) as Declared).want.want,
    ).toEqual({
      text: '1\n',
    })
  })

  it('says why a file is left alone', () => {
    expect(say(block({ path: '/x', name: 'a', body: '' }), found('# BEGIN trueup a\n'))).toBe(
      '/x is left alone: “# BEGIN trueup a” is in it, but no “# END trueup a” after it',
    )
  })

  it.each(['# END trueup a', 'a\rb', 'a\0'])('refuses the body %j', (body) => {
    expect(() => block({ path: '/x', name: 'a', body })).toThrow(TypeError)
  })
  it('refuses a name of two lines', () => {
    expect(() => block({ path: '/x', name: 'a\nb', body: '' })).toThrow(TypeError)
  })
})

it('edits that throw are told', () => {
  const task = edit({ path: '/x', title: 'x' }, () => {
    throw new Error('not mine')
  })
  expect(say(task, found(''))).toBe('/x is left alone: not mine')
})
