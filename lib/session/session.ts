import type { Blob } from '../language/blob.ts'
import type { HostFacts } from '../language/role.ts'
import type { Sh } from '../language/sh.ts'

/** What one command of a request printed and how it ended. */
export interface Output {
  /** The exit code; `null` where there is none: timed out, not reached, or the connection was lost. */
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: Buffer
  /** Output beyond the limit was dropped from the middle. */
  readonly truncated: boolean
  readonly timedOut: boolean
  /** Milliseconds between the end of the command before it and its own, as they were seen here. */
  readonly ms?: number
}

export interface ExecOptions {
  /** For the whole request, in seconds; past it the process group on the host is ended. 120 unless given. */
  readonly timeout?: number
  /**
   * Runs in the long-lived shell itself instead of in a job: functions, variables and what it opens on descriptor 9
   * (which no job inherits) stay until the session ends. For a lock; nothing here ends it at the deadline.
   */
  readonly here?: boolean
  /** It changes nothing, and may be ended with the connection. */
  readonly reads?: boolean
  /** Bytes of each stream kept of each command, half from its head and half from its tail. 1 MiB unless given. */
  readonly limit?: number
}

/**
 * A connection to one host: one request is one round trip. What was begun on the host is finished there, up to its
 * deadline, even when the connection is lost in the middle of it, unless it only reads.
 */
export interface Session {
  readonly name: string
  /** Requests since the hello (but not what rode with it in vain); an upload is one, and so is the connection of `fresh`. */
  readonly trips: number
  /** What an earlier run has left on the host, as `tu_left` lists it (prelude-safety.ts): known from the hello on. */
  readonly left: readonly string[]
  /**
   * Connects (anew where it was connected), asks the host who it is, and takes its lock where the session is to have it.
   *
   * @param meanwhile - called while the host answers, where it is known what it said the last time; what is asked by then
   * is on its way behind the hello. It must not throw
   * @returns what the host says; the guess itself where it holds, and else what was asked meanwhile counts for nothing
   * @throws UnreachableError, LockedError
   */
  hello(meanwhile?: (guess: HostFacts) => void): Promise<HostFacts>
  /**
   * Runs commands one after the other in one request. Each is on its own: a failure, or even a syntax error, of one
   * says nothing about the next. Requests may be made without waiting for earlier ones.
   * @throws LostError when the connection breaks before the answer is complete
   */
  exec(commands: readonly Sh[], options?: ExecOptions): Promise<Output[]>
  /**
   * Writes content of any size to a new file: 0600, owned by the user that commands run as. It goes through the same
   * shell, so that it needs neither an sftp server nor a place in between that another user could reach; big content of
   * a login that needs no become goes by one sftp channel, which is opened once a connection.
   * @throws Error where the file exists or cannot be written; nothing of it is left then, nor after a LostError
   */
  upload(content: Blob, path: string): Promise<void>
  /**
   * A second, new connection by the same address, port and user: the proof that one can still get in. Where the host has
   * another address, that one must let us in as well; each is one trip.
   * @throws UnreachableError
   */
  fresh(): Promise<Session>
  /**
   * Ends the connection; whatever it held on the host is free by then.
   * @param last - a command that the host still carries out, whatever comes of it; no trip, as the hello is none
   */
  close(last?: Sh): Promise<void>
}

/**
 * What a host said of itself the last time. It only decides what can be asked before the host has said it again: nothing
 * is believed because it stands here.
 */
export interface Remembered {
  recall(): HostFacts | undefined
  /** Where that cannot be, nothing is kept. */
  keep(facts: HostFacts): void
}

/** The host cannot be worked with: down, unknown or changed key, login or become refused. Exit code 3. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}

/** The connection broke during a request; what the host made of it is not known. */
export class LostError extends Error {
  override readonly name = 'LostError'
}

/** Another run holds the host, or a command that one has left is still under way there. Exit code 4. */
export class LockedError extends Error {
  override readonly name = 'LockedError'
}
