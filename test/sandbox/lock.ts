import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './shell.ts'

// An abstract socket: the kernel frees it when its owner dies, so there is no stale lock to clean up.
const take = (name: string) =>
  new Promise<(() => Promise<void>) | undefined>((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(`\0trueup-sandbox-${name}`, () => resolve(() => new Promise((done) => server.close(() => done()))))
  })

/**
 * Runs `work` while nobody else on this machine holds the lock of that name: `ground` for base images, bridges and
 * addresses, a host's machine name for what happens to that host. Who needs both takes the host's first.
 * @throws whatever `work` throws; the lock is released first.
 */
export const locked = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  let release = await take(name)
  for (let waited = 0; !release; waited += 1) {
    if (waited === 100) say('waiting for another sandbox on this machine (it may be building a base image)')
    await sleep(50)
    release = await take(name)
  }
  try {
    return await work()
  } finally {
    await release()
  }
}
