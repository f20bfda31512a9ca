/** What reporters for people work with. */
export interface TextOptions {
  readonly write: (text: string) => void
  readonly colour: boolean
  /** Tell of what was as wanted, too. */
  readonly verbose: boolean
  /** The command that runs one role on one host again. */
  readonly again: (host: string, role: string) => string
}
