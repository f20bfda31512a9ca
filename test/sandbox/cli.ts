import { spawnSync } from 'node:child_process'
import { Command, CommanderError } from 'commander'
import * as sandbox from './index.ts'
import { images } from './registry/index.ts'
import { explain, SandboxError } from './shell.ts'
import { sshArgs } from './ssh.ts'

const DRIVERS = ['nspawn', 'qemu', 'multipass']

const print = (text: string) => process.stdout.write(`${text}\n`)
const some = (names: string[]) => (names.length ? names : undefined)

const checkDriver = (driver: string) => {
  if (!DRIVERS.includes(driver)) throw new SandboxError(`--driver ${driver}: it is one of ${DRIVERS.join(', ')}`, 64)
  if (driver !== 'nspawn') throw new SandboxError(`--driver ${driver} is not built yet: use nspawn`, 64)
}

const program = new Command('sandbox')
  .description('Throwaway hosts on this machine, to provision and to break.')
  .enablePositionalOptions()
  .exitOverride()

program
  .command('up')
  .description('boot hosts; one that is on stays as it is')
  .argument('[names...]', 'default: web1', ['web1'])
  .option('--os <codename>', 'trixie or bookworm (default: trixie)')
  .option('--driver <driver>', `what a host is: ${DRIVERS.join(', ')}`, 'nspawn')
  .action(async (names: string[], { driver, ...options }: { os?: string; driver: string }) => {
    checkDriver(driver)
    for (const { name, address } of await sandbox.up(names, options)) print(`${name} is up at ${address}`)
  })

program
  .command('reset')
  .description('back to bare hosts; keys, addresses and snapshots stay')
  .argument('[names...]', 'default: all')
  .action((names: string[]) => sandbox.reset(some(names)))

program
  .command('down')
  .description('remove hosts, with the last one everything but the caches')
  .argument('[names...]', 'default: all')
  .action((names: string[]) => sandbox.down(some(names)))

program
  .command('images')
  .description('serve the images of production to the hosts that are up: real programs and stand-ins')
  .action(() => images())

program
  .command('ls')
  .description('the hosts there are')
  .option('--json', 'for programs')
  .action(async ({ json }: { json?: boolean }) => {
    const entries = await sandbox.list()
    const lines = entries.map(({ name, address, os, on }) => [name, address, os, on ? 'on' : 'off'].join('\t'))
    for (const line of json ? [JSON.stringify(entries)] : lines) print(line)
  })

program
  .command('ssh')
  .description('run a command as root: one word is a line for the shell, several are passed on as they are')
  .argument('<name>')
  .argument('[command...]', 'default: a login shell')
  .passThroughOptions()
  .action(async (name: string, words: string[]) => {
    const command = words[0] === '--' ? words.slice(1) : words
    const { status } = spawnSync('ssh', await sshArgs(name, command), { stdio: 'inherit' })
    process.exitCode = status ?? 255
  })

program
  .command('snapshot')
  .description('keep the host’s disk under a label; the host is started again')
  .argument('<name>')
  .argument('<label>')
  .action((name: string, label: string) => sandbox.snapshot(name, label))

program
  .command('restore')
  .description('go back to a kept disk; the host is started again')
  .argument('<name>')
  .argument('<label>')
  .option('--from <host>', 'whose snapshot it is (default: its own)')
  .action((name: string, label: string, options: { from?: string }) => sandbox.restore(name, label, options))

program
  .command('manifest')
  .description('everything on a host that a run could have touched, one line each')
  .argument('<name>')
  .action(async (name: string) => {
    const lines = Object.entries(await sandbox.manifest(name)).map(([key, value]) => `${key}: ${value}\n`)
    process.stdout.write(lines.join(''))
  })

try {
  await program.parseAsync()
} catch (error) {
  // Commander has said itself what is wrong with the usage.
  if (error instanceof CommanderError) process.exitCode = error.exitCode && 64
  else {
    process.stderr.write(`sandbox: ${explain(error)}\n`)
    process.exitCode = error instanceof SandboxError ? error.exitCode : 1
  }
}
