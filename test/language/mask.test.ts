import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { join, quote, Secret } from '../../lib/index.ts'
import { mask } from '../../lib/language/mask.ts'

describe('a secret', () => {
  const canary = new Secret('canary', `c4n4ry'"$HOME\\ü+/=end`)

  it('does not show itself', () => {
    for (const text of [String(canary), `${canary}`, JSON.stringify({ canary }), inspect({ canary })]) {
      expect(text).toContain('‹secret canary›')
      expect(text).not.toContain('c4n4ry')
    }
  })

  it('is masked in every usual spelling', () => {
    const value = canary.reveal()
    const spellings = [
      value,
      JSON.stringify(value),
      encodeURIComponent(value),
      Buffer.from(value).toString('hex'),
      quote(value),
      ...['', 'x', 'xy'].map((before) => Buffer.from(`${before}${value}tail`).toString('base64')),
      ...['', 'x', 'xy'].map((before) => Buffer.from(`${before}${value}tail`).toString('base64url')),
    ]
    for (const spelling of spellings) {
      const masked = mask(`before ${spelling} after`)
      expect(masked).toContain('‹secret canary›')
      expect(masked.startsWith('before ') && masked.endsWith(' after')).toBe(true)
    }
  })

  it('is masked with its line end or without, in capitals, and in wrapped base64', () => {
    const long = new Secret('long', `${'k3y-'.repeat(60)}\n`)
    const base64 = (before: string) =>
      Buffer.from(`${before}${long.reveal()}tail`)
        .toString('base64')
        .replace(/(.{76})/g, '$1\n')
    for (const text of [
      long.reveal().trim(),
      Buffer.from(long.reveal()).toString('hex').toUpperCase(),
      base64(''),
      base64('x'),
      base64('xy'),
    ]) {
      const masked = mask(text)
      expect(masked).toContain('‹secret long›')
      expect(masked.length).toBeLessThan(60)
    }
  })

  it('stays one when joined or changed', () => {
    const url = join(['postgresql://app:', canary.map(encodeURIComponent), '@db/x'])
    expect(url).toBeInstanceOf(Secret)
    expect(join(['a', 'b'])).toBe('ab')
    expect(mask(`url is ${url instanceof Secret ? url.reveal() : ''}!`)).toBe('url is ‹secret canary›!')
  })

  it('is masked wherever it stands, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, maxLength: 30 }), fc.string({ maxLength: 10 }), (value, around) => {
        new Secret('any', value)
        expect(mask(`${around}${value}${around}`)).not.toContain(value)
      }),
      { numRuns: 50 },
    )
  })
})
