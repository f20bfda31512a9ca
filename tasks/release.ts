import { probe, sh, type State } from '../lib/index.ts'

/** What the host runs, such as `ubuntu` and `24.04`. */
export interface ReleaseState extends State {
  id: string
  version: string
}

/** What the host runs: os-release(5). */
export const release = probe<ReleaseState>({
  id: 'os-release',
  read: sh`. /etc/os-release; printf '%s\n%s\n' "$ID" "$VERSION_ID"`,
  parse: (stdout) => {
    const [id = '', version = ''] = stdout.split('\n')
    return { id, version }
  },
})
