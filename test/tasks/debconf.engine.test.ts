import { describe, expect, it } from 'vitest'
import { type Declared, Secret, sh } from '../../lib/index.ts'
import { debconf } from '../../tasks/debconf.ts'
import { canCopy, throwaway } from './bash.ts'
import { nothing } from '../found.ts'

describe.skipIf(!canCopy())('debconf', { timeout: 60_000 }, () => {
  it('finds every answer as it was given', () => {
    const questions: Parameters<typeof debconf>[1] = {
      'tu/plain': ['string', 'example.org'],
      'tu/spaces': ['string', 'a  b, c'],
      'tu/quotes': ['string', `'"$(touch /tmp/x)\`id\` %s \\n # ü`],
      'tu/empty': ['string', ''],
      'tu/select': ['select', '-rf'],
      'tu/secret': ['password', new Secret('tu', `p'w "\\t $(id)`)],
    }
    const task = debconf('tu', questions) as Declared
    const { probe, want } = task.want
    const { code, stdout, stderr } = throwaway(
      task.apply({ now: {}, changes: [], keys: Object.keys(questions) }),
      sh`echo @@@; ${probe.family.read([probe.key, 'tu/none debconf/priority'])}`,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const found = probe.family.parse(stdout.split('@@@\n')[1] ?? '', [probe.key, 'tu/none debconf/priority'], nothing)
    expect(found.get(probe.key)).toEqual(want)
    expect(found.get('tu/none debconf/priority')).toEqual({ 'debconf/priority': 'high' })
  })
})
