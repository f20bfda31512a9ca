/** Something was typed that cannot be done. Exit code 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
