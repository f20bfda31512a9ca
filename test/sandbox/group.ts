// Everything the sandbox starts runs in a control group that carries its name. Membership is given by the kernel and
// inherited by children: it finds what a crash left behind, and ends exactly that, without pid files to go stale.
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { $, SandboxError } from './shell.ts'

const TREE = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((dir) => existsSync(`${dir}/cgroup.controllers`))

/** The folder of a group. @throws SandboxError where the machine has no cgroup v2 tree. */
export const groupDir = (name: string): string => {
  if (!TREE) throw new SandboxError('this machine has no cgroup v2 tree: mount one at /sys/fs/cgroup/unified')
  return `${TREE}/${name}`
}

const procs = async (dir: string): Promise<number[]> => {
  const text = await readFile(`${dir}/cgroup.procs`, 'utf8').catch(() => '')
  return text.split('\n').filter(Boolean).map(Number)
}

/** Whether any process of the group lives. */
export const running = async (name: string): Promise<boolean> => {
  const events = await readFile(`${groupDir(name)}/cgroup.events`, 'utf8').catch(() => '')
  return events.includes('populated 1')
}

/** Names of all groups that begin with `prefix`, living or left over. */
export const groups = async (prefix: string): Promise<string[]> =>
  (await readdir(groupDir('.'))).filter((name) => name.startsWith(prefix))

/** Starts a daemon in a group of its own. @throws ProcessOutput when the command fails. */
export const startInGroup = async (name: string, command: readonly string[]): Promise<void> => {
  const dir = groupDir(name)
  await $`mkdir -p ${dir} && sh -c 'echo $$ > "$0/cgroup.procs" && exec "$@"' ${dir} ${command}`
}

/** Kills every process of the group, waits until they are gone and removes it. Nothing happens where there is none. */
export const endGroup = async (name: string): Promise<void> => {
  const dir = groupDir(name)
  if (!existsSync(dir)) return
  await writeFile(`${dir}/cgroup.kill`, '1')
  for (let waited = 0; await running(name); waited += 1) {
    if (waited === 1000) throw new SandboxError(`the processes of ${name} do not end: see ${dir}`)
    await sleep(5)
  }
  await $`find ${dir} -depth -type d -exec rmdir {} +`.nothrow()
}

/** Process ids directly in a group's folder, e.g. `machine/payload/init.scope` below a host's. */
export const members = (name: string, below: string): Promise<number[]> => procs(`${groupDir(name)}/${below}`)
