import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sh } from '../../lib/index.ts'
import { compare } from '../../tasks/deb-version.ts'
import { bash } from './bash.ts'

it('orders as dpkg does', () => {
  const version = fc.stringMatching(/^([0-2]:)?[0-9][0-9abz.+~-]{0,6}(-[0-9abz.+~]{1,4})?$/)
  const valid = version.filter((text) => !text.endsWith('-'))
  const pairs = fc.sample(fc.tuple(valid, valid), { numRuns: 400, seed: 7 })
  const { stdout } = bash(sh`
set -- ${pairs.flat()}
while [ $# -gt 0 ]; do
  if dpkg --compare-versions "$1" lt "$2"; then echo -1; elif dpkg --compare-versions "$1" eq "$2"; then echo 0; else echo 1; fi
  shift 2
done`)
  const ours = pairs.map(([a, b]) => [a, b, Math.sign(compare(a, b))])
  const theirs = stdout
    .trim()
    .split('\n')
    .map((order, index) => [...(pairs[index] ?? []), Number(order)])
  expect(ours).toEqual(theirs)
})
