import { describe, expect, it } from 'vitest'
import { bridgeAddresses, freeIndex, freeSubnet, hostAddresses } from './address.ts'

describe('freeSubnet', () => {
  it('is the same for a checkout as long as it is free', () => {
    expect(freeSubnet('tu123456', [])).toEqual(freeSubnet('tu123456', ['10.78.1.1/24', '192.168.1.0/24']))
  })

  it('passes over what an address or a route of the machine uses', () => {
    const { third } = freeSubnet('tu123456', [])
    expect(freeSubnet('tu123456', [`10.77.${third}.1/24`]).third).not.toBe(third)
    expect(freeSubnet('tu123456', [`10.77.${third}.0/24`]).third).not.toBe(third)
  })

  it('finds the last one that is left, and says when none is', () => {
    const all = Array.from({ length: 254 }, (_, index) => `10.77.${index + 1}.1/24`)
    expect(
      freeSubnet(
        'tu123456',
        all.filter((text) => text !== '10.77.77.1/24'),
      ),
    ).toEqual({ third: 77 })
    expect(() => freeSubnet('tu123456', all)).toThrow('every subnet of 10.77.0.0/16 is in use')
  })
})

describe('freeIndex', () => {
  it.each([
    [[], 10],
    [[10, 12], 11],
    [[11, 10], 12],
  ])('%j → %i', (taken, index) => expect(freeIndex(taken)).toBe(index))

  it('says when all are taken', () => {
    expect(() => freeIndex(Array.from({ length: 241 }, (_, index) => index + 10))).toThrow('241 hosts')
  })
})

it('gives bridge and hosts addresses of one subnet, and a hardware address that never changes', () => {
  expect(bridgeAddresses({ third: 9 })).toEqual({ v4: '10.77.9.1', second: '10.77.9.2', v6: 'fd77:0:0:9::1' })
  expect(hostAddresses({ third: 9 }, 250)).toEqual({
    v4: '10.77.9.250',
    v6: 'fd77:0:0:9::250',
    mac: '02:77:00:00:09:fa',
  })
})
