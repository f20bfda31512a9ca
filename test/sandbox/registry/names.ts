// Whose names the registry answers to, and what a name of an image means there.
import { SandboxError } from '../shell.ts'

/** Names of registries in production images; inside the sandbox all of them are the bridge. */
export const REGISTRIES = ['registry-1.docker.io', 'auth.docker.io', 'index.docker.io', 'quay.io', 'gcr.io', 'ghcr.io']

/** Where an image is in a registry. */
export type Reference = { repository: string; tag: string }

/**
 * Reads the name of an image as Docker does. The host part is dropped: one name space serves all registries.
 * @throws SandboxError for a name without a tag
 */
export const reference = (name: string): Reference => {
  const match =
    /^(?:(?<host>[^/]*[.:][^/]*|localhost)\/)?(?<path>[a-z0-9][a-z0-9._/-]*):(?<tag>[\w][\w.-]{0,127})$/.exec(name)
  const { host, path, tag } = match?.groups ?? {}
  if (!path || !tag) throw new SandboxError(`${name}: an image of the sandbox is NAME:TAG`, 64)
  const official = host === undefined && !path.includes('/')
  return { repository: official ? `library/${path}` : path, tag }
}
