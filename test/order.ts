import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take minutes, the longest first: what begins last should be short, so that all workers end together. */
const LONG = [
  'e2e/roles',
  'tasks/services',
  'e2e/ports',
  'faults/each',

  'e2e/bad-input',
  'e2e/sshd',
  'tasks/nouns',
]

const place = ({ moduleId }: TestSpecification): number => {
  const at = LONG.findIndex((name) => moduleId.includes(`/test/${name}.`))
  return at < 0 ? LONG.length : at
}

/** What is known to be long begins first; for the rest, vitest's own order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((one, other) => place(one) - place(other))
  }
}
