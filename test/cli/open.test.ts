import { expect, it, vi } from 'vitest'
import { Secret } from '../../lib/language/secret.ts'
import { opener } from '../../lib/cli/open.ts'
import { UNTYPED } from '../../lib/cli/options.ts'

const ask = vi.hoisted(() => vi.fn())
vi.mock(import('../../lib/cli/password.ts'), () => ({ askPassword: ask, askHidden: ask }))

it('asks for the sudo password once, also where a command goes to its hosts twice, as undo does', async () => {
  ask.mockResolvedValue(new Secret('sudo password', 'x'))
  await opener(UNTYPED, () => {})
  expect(ask).not.toHaveBeenCalled()
  await opener({ ...UNTYPED, askBecomePass: true }, () => {})
  await opener({ ...UNTYPED, askBecomePass: true }, () => {})
  expect(ask).toHaveBeenCalledTimes(1)
})
