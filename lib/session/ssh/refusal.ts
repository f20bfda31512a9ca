import { UnreachableError } from '../session.ts'

/**
 * What an unsuccessful login allows next: `closed` (nothing listens there) and `login` (not let in) may be otherwise by
 * another port and user, `closed` and `passing` by waiting; what is `final` is not tried again.
 */
export type Kind = 'closed' | 'login' | 'passing' | 'final'

/** A login that did not come about. */
export class Refusal extends UnreachableError {
  readonly kind: Kind

  constructor(kind: Kind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
