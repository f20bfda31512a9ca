import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprints } from '../../tasks/openpgp.ts'

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url))
const RSA = 'C38D8FB02359EC1BDCAFE32893B0E4323099CC50'
const ED25519 = 'FBC8B325AD2A029A878A528AAF82BA8D670AC415'

describe('fingerprints', () => {
  it('are those that gpg prints, of armored text and of bytes', () => {
    expect(fingerprints(fixture('rsa.asc'))).toEqual([RSA])
    expect(fingerprints(fixture('rsa-and-ed25519.gpg'))).toEqual([RSA, ED25519])
  })

  it('are found in several blocks, with headers, comments around and any line ends', () => {
    const text = fixture('rsa.asc').toString()
    const dressed = text.replace('BLOCK-----\n', 'BLOCK-----\nVersion: GnuPG v2\nComment: x\n').replaceAll('\n', '\r\n')
    expect(fingerprints(Buffer.from(`${dressed}\n${text}`))).toEqual([RSA, RSA])
  })

  it('throw on everything else, and on nothing but that', () => {
    for (const junk of ['', 'hello', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!\n-----END PGP PUBLIC KEY BLOCK-----'])
      expect(() => fingerprints(Buffer.from(junk))).toThrow(TypeError)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(700), (junk, cut) => {
        for (const bytes of [Buffer.from(junk), fixture('rsa-and-ed25519.gpg').subarray(0, cut)]) {
          try {
            fingerprints(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError)
          }
        }
      }),
    )
  })
})
