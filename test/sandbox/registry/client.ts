// Pushes images by the registry's HTTP API (OCI distribution specification), without a daemon.
import { createReadStream } from 'node:fs'
import { request as http, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as https } from 'node:https'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import { SandboxError } from '../shell.ts'
import type { Reference } from './names.ts'

/** A registry, and whom to trust when it speaks TLS. */
export type Registry = { url: string; ca?: string }

/** A piece of content under its digest. */
export type Blob = { digest: string; size: number; content: { file: string } | { bytes: Buffer } }

/** What a manifest lists, blobs first. */
export type Pushable = { blobs: readonly Blob[]; manifest: Buffer; mediaType: string }

type Reply = { status: number; location: string; body: string }

const call = async ({ url, ca }: Registry, method: string, path: string, body?: Blob, type?: string) => {
  const target = new URL(path, url)
  const headers = body ? { 'content-length': body.size, 'content-type': type ?? 'application/octet-stream' } : {}
  const options: RequestOptions & { ca?: string } = { method, headers, ...(ca === undefined ? {} : { ca }) }
  const request = target.protocol === 'https:' ? https(target, options) : http(target, options)
  const reply = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject)
  })
  if (body && 'file' in body.content) await pipeline(createReadStream(body.content.file), request)
  else request.end(body && 'bytes' in body.content ? body.content.bytes : undefined)
  const response = await reply
  const { location = '' } = response.headers
  return { status: response.statusCode ?? 0, location, body: await text(response) } satisfies Reply
}

const expectStatus = (what: string, { status, body }: Reply, wanted: readonly number[]) => {
  if (!wanted.includes(status)) throw new SandboxError(`the registry answers ${what} with ${status}: ${body}`)
}

// Where a blob is known to be already, it is only linked. The registry does not have to.
const pushBlob = async (registry: Registry, repository: string, blob: Blob, from?: string): Promise<void> => {
  const { status } = await call(registry, 'HEAD', `/v2/${repository}/blobs/${blob.digest}`)
  if (status === 200) return
  const mount = from === undefined ? '' : `?mount=${blob.digest}&from=${from}`
  const begun = await call(registry, 'POST', `/v2/${repository}/blobs/uploads/${mount}`)
  expectStatus(`an upload to ${repository}`, begun, [201, 202])
  if (begun.status === 201) return
  const place = new URL(begun.location, registry.url)
  place.searchParams.set('digest', blob.digest)
  expectStatus(`a blob of ${repository}`, await call(registry, 'PUT', place.href, blob), [201])
}

/**
 * Pushes an image under several names; `seen` remembers which repository has which blob.
 * @throws SandboxError with the registry's answer
 */
export const push = async (
  registry: Registry,
  { blobs, manifest, mediaType }: Pushable,
  names: readonly Reference[],
  seen: Map<string, string> = new Map(),
): Promise<void> => {
  const body: Blob = { digest: '', size: manifest.length, content: { bytes: manifest } }
  for (const { repository, tag } of names) {
    for (const blob of blobs) {
      await pushBlob(registry, repository, blob, seen.get(blob.digest))
      seen.set(blob.digest, repository)
    }
    const reply = await call(registry, 'PUT', `/v2/${repository}/manifests/${tag}`, body, mediaType)
    expectStatus(`${repository}:${tag}`, reply, [201])
  }
}

/** Takes a blob out of a repository, so that pulling fails in the middle. @throws SandboxError where it is not there */
export const removeBlob = async (registry: Registry, repository: string, digest: string): Promise<void> =>
  expectStatus('a removal', await call(registry, 'DELETE', `/v2/${repository}/blobs/${digest}`), [202])
