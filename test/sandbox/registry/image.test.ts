import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { image, type Layer } from './image.ts'

const layer = (name: string): Layer => ({
  digest: `sha256:${name}`,
  diffId: `sha256:tar-of-${name}`,
  size: 7,
  content: { file: `/${name}` },
})

const json = (bytes: Buffer): unknown => JSON.parse(bytes.toString())
const config = (built: ReturnType<typeof image>) => {
  if (!('bytes' in built.config.content)) throw new Error('the configuration is in memory')
  return built.config.content.bytes
}

describe('image', () => {
  const built = image([layer('a'), layer('b')], { Env: { A: '1=2' }, Volumes: ['/data'], ExposedPorts: [80] })

  it('says how it is run in the words of Docker', () => {
    expect(json(config(built))).toMatchObject({
      os: 'linux',
      config: { Env: ['A=1=2'], Volumes: { '/data': {} }, ExposedPorts: { '80/tcp': {} } },
      rootfs: { type: 'layers', diff_ids: ['sha256:tar-of-a', 'sha256:tar-of-b'] },
    })
  })

  it('lists what it consists of by digest and size', () => {
    const digest = `sha256:${createHash('sha256').update(config(built)).digest('hex')}`
    expect(json(built.manifest)).toMatchObject({
      config: { digest, size: config(built).length },
      layers: [{ digest: 'sha256:a', size: 7 }, { digest: 'sha256:b' }],
    })
    expect(built.blobs.map((blob) => blob.digest)).toEqual(['sha256:a', 'sha256:b', digest])
  })

  it('is the same for the same', () => {
    expect(image([layer('a')], { Cmd: ['x'] }).manifest).toEqual(image([layer('a')], { Cmd: ['x'] }).manifest)
    expect(image([layer('a')], { Cmd: ['x'] }).manifest).not.toEqual(image([layer('a')], { Cmd: ['y'] }).manifest)
  })
})
