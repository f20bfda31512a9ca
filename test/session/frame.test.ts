import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Frames } from '../../lib/session/frame.ts'

const NONCE = `:${'ab'.repeat(16)}`

const read = (chunks: readonly Buffer[]) => {
  const seen: (string | Buffer)[] = []
  const frames = new Frames(NONCE, {
    bytes: (chunk) => {
      const last = seen.at(-1)
      if (Buffer.isBuffer(last)) seen[seen.length - 1] = Buffer.concat([last, chunk])
      else seen.push(Buffer.from(chunk))
    },
    mark: ({ seq, index, code }) => seen.push(`${seq} ${index} ${code}`),
  })
  for (const chunk of chunks) frames.feed(chunk)
  return seen
}

const cut = (stream: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = []
  let rest = stream
  for (const size of sizes) {
    chunks.push(rest.subarray(0, size))
    rest = rest.subarray(size)
  }
  return [...chunks, rest]
}

/** Any bytes, and often what looks like the beginning of a mark. */
const output = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 1, max: 32 }).map((length) => Buffer.from(NONCE.slice(0, length))),
)
const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 })

test('finds the marks and the bytes between them however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(output, { minLength: 1, maxLength: 8 }), sizes, (outputs, cuts) => {
      const stream = outputs.flatMap((bytes, index) => [bytes, Buffer.from(`${NONCE} 7 ${index} 0\n`)])
      const expected = outputs.flatMap((bytes, index) => [bytes, `7 ${index} 0`])
      expect(read(cut(Buffer.concat(stream), cuts))).toEqual(expected)
    }),
  )
})

test('reads the mark that ends a request', () => {
  expect(read([Buffer.from(`x${NONCE} 12 - timeout\n`)])).toEqual([Buffer.from('x'), '12 - timeout'])
})

test('does not hold back more than the beginning of a mark', () => {
  expect(read([Buffer.from('y'.repeat(100))])).toEqual([Buffer.from('y'.repeat(100))])
  const [seen] = read([Buffer.from(`${'y'.repeat(100)}${NONCE.slice(0, -1)}`)])
  expect(seen).toEqual(Buffer.from('y'.repeat(100)))
})

test.each([
  ['a line that does not end', ` 1 1 ${'0'.repeat(500)}`],
  ['what is no mark', ' 1 x 0\n'],
  ['a mark without a code', ' 1 1 \n'],
])('gives out %s after a nonce as bytes', (_, text) => {
  expect(Buffer.concat(read([Buffer.from(`x${NONCE}${text}`)]).map((part) => Buffer.from(part))).toString()).toBe(
    `x${NONCE}${text}`,
  )
})

test('finds the mark behind a nonce that is none', () => {
  expect(read([Buffer.from(`${NONCE} 1 1 ${NONCE} 1 1 0\n`)])).toEqual([Buffer.from(`${NONCE} 1 1 `), '1 1 0'])
})
