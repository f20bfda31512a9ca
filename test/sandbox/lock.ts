import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './shell.ts'

// An abstract socket: the kernel frees it when its owner dies, so there is no stale lock to clean up.
const NAME = '\0trueup-sandbox'

const take = () =>
  new Promise<(() => Promise<void>) | undefined>((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(NAME, () => resolve(() => new Promise((done) => server.close(() => done()))))
  })

/**
 * Runs `work` while no other sandbox of this machine runs its own: base images, bridges and addresses are made here.
 * @throws whatever `work` throws; the lock is released first.
 */
export const locked = async <T>(work: () => Promise<T>): Promise<T> => {
  let release = await take()
  for (let waited = 0; !release; waited += 1) {
    if (waited === 100) say('waiting for another sandbox on this machine (it may be building a base image)')
    await sleep(50)
    release = await take()
  }
  try {
    return await work()
  } finally {
    await release()
  }
}
