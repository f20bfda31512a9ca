import { expect, it } from 'vitest'
import { diffManifest } from './manifest.ts'
import { $, whole } from './shell.ts'

const before = {
  'file /etc/hosts': 'f 644 0:0 aaaa',
  'file /etc/old': 'f 644 0:0 bbbb',
  'unit ssh.service': 'active since 1',
}

it('finds nothing where nothing differs', () => expect(diffManifest(before, { ...before })).toEqual([]))

it('says what appeared, what went and what changed, in order', () => {
  const after = {
    'file /etc/hosts': 'f 600 0:0 aaaa',
    'file /etc/new': 'd 755 0:0',
    'unit ssh.service': 'active since 2',
  }
  expect(diffManifest(before, after)).toEqual([
    '~ file /etc/hosts: f 644 0:0 aaaa → f 600 0:0 aaaa',
    '+ file /etc/new: d 755 0:0',
    '- file /etc/old: f 644 0:0 bbbb',
    '~ unit ssh.service: active since 1 → active since 2',
  ])
})

it('reads what a command writes as a whole, wherever a piece of it ends', async () => {
  expect(await whole($`printf '\\303'; sleep 0.1; printf '\\255'`)).toBe('í')
})
