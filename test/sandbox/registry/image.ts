// An image as OCI has it (image-spec, config.md and manifest.md): layers, and one piece of JSON that says how to run them.
import { createHash } from 'node:crypto'
import { arch } from 'node:os'
import type { Blob, Pushable } from './client.ts'

/** A layer that is on this machine: its digest as it is sent, and that of the tar inside. */
export type Layer = Blob & { diffId: string }

/** What an image says of its containers, in Docker's own words (image-spec, config.md, `config`). */
export type Config = {
  Env?: Record<string, string>
  Entrypoint?: string[]
  Cmd?: string[]
  User?: string
  WorkingDir?: string
  Volumes?: string[]
  ExposedPorts?: number[]
  Labels?: Record<string, string>
  StopSignal?: string
  Healthcheck?: string[]
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

const keys = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, {}]))

const blob = (value: unknown): Blob & { bytes: Buffer } => {
  const bytes = Buffer.from(JSON.stringify(value))
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  return { digest, size: bytes.length, bytes, content: { bytes } }
}

const SECOND = 1_000_000_000

const runConfig = ({ Env, Volumes, ExposedPorts, Healthcheck, ...rest }: Config) => ({
  ...rest,
  Env: Object.entries(Env ?? {}).map(([name, value]) => `${name}=${value}`),
  ...(Volumes && { Volumes: keys(Volumes) }),
  ...(ExposedPorts && { ExposedPorts: keys(ExposedPorts.map((port) => `${port}/tcp`)) }),
  ...(Healthcheck && {
    Healthcheck: { Test: Healthcheck, Interval: 30 * SECOND, Timeout: 3 * SECOND },
  }),
})

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/** Puts layers and configuration together. The same input gives the same digests. */
export const image = (layers: readonly Layer[], config: Config): Pushable & { config: Blob } => {
  const described = blob({
    architecture: ARCHITECTURES[arch()] ?? arch(),
    os: 'linux',
    created: '2026-01-01T00:00:00Z',
    config: runConfig(config),
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created: '2026-01-01T00:00:00Z', created_by: 'trueup sandbox' })),
  })
  const entry = ({ digest, size }: Blob, mediaType: string) => ({ mediaType, digest, size })
  const manifest = blob({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: entry(described, 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map((layer) => entry(layer, 'application/vnd.oci.image.layer.v1.tar+zstd')),
  })
  return { blobs: [...layers, described], config: described, manifest: manifest.bytes, mediaType: MANIFEST }
}
