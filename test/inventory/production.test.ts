import dns from 'node:dns'
import net from 'node:net'
import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { defaultInventory, loadInventory, locate } from '../../inventory/load.ts'
import { selectHosts } from '../../inventory/patterns.ts'
import { resolveHosts } from '../../inventory/vars.ts'

const file = 'inventory/production.yml'

test('the production inventory loads, and nothing is connected to', async () => {
  const spies = [vi.spyOn(net.Socket.prototype, 'connect'), vi.spyOn(net, 'connect'), vi.spyOn(dns, 'lookup')]
  const inventory = loadInventory(file, { env: {} })
  expect(selectHosts(inventory, 'web')).toEqual(['moja-dzialka'])
  const [host] = await resolveHosts(inventory, ['moja-dzialka'])
  expect(host).toMatchObject({
    name: 'moja-dzialka',
    address: '77.42.86.222',
    port: 22,
    user: 'root',
    connection: 'ssh',
    groups: ['web'],
    site: { domain: 'moja-dzialka.pl', project: 'moja-dzialka', dir: '/root/moja-dzialka' },
  })
  expect(locate(inventory, ['hosts', 'moja-dzialka', 'address'])).toMatchObject({
    line: expect.any(Number),
    column: 14,
  })
  expect(locate(inventory, ['hosts', 'nobody'])).toBeUndefined()
  for (const spy of spies) expect(spy).not.toHaveBeenCalled()
})

test('editors find its schema', () => {
  expect(readFileSync(file, 'utf8').split('\n')[0]).toBe('# yaml-language-server: $schema=./schema.json')
})

test('TRUEUP_INVENTORY names another one', () => {
  expect(defaultInventory({})).toBe(file)
  expect(defaultInventory({ TRUEUP_INVENTORY: '' })).toBe(file)
  expect(defaultInventory({ TRUEUP_INVENTORY: '.sandbox/inventory.yml' })).toBe('.sandbox/inventory.yml')
})
