import { type Claim, type Probe, probe, sh, type State, type Task, task } from '../lib/index.ts'

/** Every package that dpkg has fully installed, by name. One listing answers every apt task of the run. */
export const packages: Probe<State> = probe({
  id: 'apt.packages',
  needs: ['dpkg-query'],
  read: sh`dpkg-query -W -f '\${db:Status-Abbrev}\${Package}\n'`,
  parse: (stdout) =>
    Object.fromEntries(
      stdout.split('\n').flatMap((line) => (line.slice(1, 3) === 'i ' ? [[line.slice(3), 'installed']] : [])),
    ),
})

/** Packages that are installed, whatever their version; `provides` names, by package, what its installation brings. */
export const installed = (names: readonly string[], provides: Readonly<Record<string, readonly Claim[]>> = {}): Task =>
  task({
    title: `apt install ${names.join(' ')}`,
    want: packages.is(Object.fromEntries(names.map((name) => [name, 'installed']))),
    apply: ({ keys }) => sh`tu_apt install ${keys}`,
    provides: ({ keys }) => keys.flatMap((name) => provides[name] ?? []),
    timeout: 1800,
    retries: 2,
  })
