import tseslint from 'typescript-eslint'

/** Imports point one way: run.ts → roles → tasks → lib's language; nobody in the language knows the world. */
const forbid = (files, patterns, message, ignores = []) => ({
  files,
  ignores,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group: patterns, message }] }] },
})

export default tseslint.config(
  { ignores: ['dist', 'node_modules', '.sandbox', 'coverage'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      'no-console': 'off',
    },
  },
  forbid(
    ['lib/language/**/*.ts'],
    [
      'node:fs*',
      'node:net',
      'node:child_process',
      'zx*',
      'node-ssh',
      'ssh2',
      'listr2',
      '**/session/**',
      '**/runner/**',
      '**/report/**',
      '**/tasks/**',
      '**/roles/**',
      '**/inventory/**',
    ],
    'the language (lib/language) is pure: no I/O, and it knows nothing above it',
  ),
  forbid(
    ['tasks/**/*.ts', 'templates/**/*.ts'],
    [
      'node:fs*',
      'node:net',
      'node:child_process',
      'zx*',
      'node-ssh',
      'ssh2',
      'listr2',
      '**/session/**',
      '**/runner/**',
      '**/report/**',
      '**/roles/**',
      '**/inventory/**',
    ],
    'a task imports the language (lib/index.ts) and other tasks only: it says what to run and runs nothing',
  ),
  forbid(
    ['roles/**/*.ts'],
    [
      'node:net',
      'node:child_process',
      'zx*',
      'node-ssh',
      'ssh2',
      'listr2',
      '**/session/**',
      '**/runner/**',
      '**/report/**',
      '**/inventory/**',
    ],
    'a role imports tasks, templates and the language only',
  ),
  forbid(
    ['lib/**/*.ts', 'inventory/**/*.ts', 'tasks/**/*.ts', 'roles/**/*.ts', 'run.ts'],
    ['node-ssh', 'ssh2'],
    'only lib/session/ssh speaks ssh',
    ['lib/session/ssh/**', 'lib/language/**', 'tasks/**', 'roles/**'],
  ),
  forbid(
    ['lib/report/**/*.ts'],
    ['**/session/**', '**/language/**', '**/inventory/**'],
    'a reporter sees events only',
    [],
  ),
)
