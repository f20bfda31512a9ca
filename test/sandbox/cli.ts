import { spawnSync } from 'node:child_process'
import { Command, Option } from 'commander'
import * as sandbox from './index.ts'
import { explain, SandboxError } from './shell.ts'
import { sshArgs } from './ssh.ts'

const print = (text: string) => process.stdout.write(`${text}\n`)
const some = (names: string[]) => (names.length ? names : undefined)

const program = new Command('sandbox').description('Throwaway hosts to provision.')

program
  .command('up')
  .argument('[names...]', 'hosts to boot', ['web1'])
  .addOption(new Option('--os <codename>', 'trixie or bookworm (default: trixie)'))
  .addOption(
    new Option('--driver <driver>', 'what hosts are made of')
      .choices(['nspawn', 'qemu', 'multipass'])
      .default('nspawn'),
  )
  .action(async (names: string[], options: { os?: string; driver: string }) => {
    if (options.driver !== 'nspawn') throw new SandboxError(`--driver ${options.driver}: not built yet, use nspawn`, 64)
    for (const { name, address } of await sandbox.up(names, options)) print(`${name} is up at ${address}`)
  })
program
  .command('reset')
  .argument('[names...]')
  .action((names: string[]) => sandbox.reset(some(names)))
program
  .command('down')
  .argument('[names...]')
  .action((names: string[]) => sandbox.down(some(names)))
program
  .command('ls')
  .option('--json')
  .action(async (options: { json?: boolean }) => {
    const entries = await sandbox.list()
    if (options.json) print(JSON.stringify(entries))
    else for (const { name, address } of entries) print(`${name}\t${address}`)
  })
program
  .command('ssh')
  .argument('<name>')
  .argument('<command...>', 'one word is a shell command; several are passed on as they are')
  .action(async (name: string, command: string[]) => {
    const { status } = spawnSync('ssh', await sshArgs(name, command), { stdio: 'inherit' })
    process.exitCode = status ?? 255
  })
program
  .command('snapshot')
  .description('save a host’s disk')
  .argument('<name>')
  .argument('<label>')
  .action((name: string, label: string) => sandbox.snapshot(name, label))
program
  .command('restore')
  .description('go back to a saved disk')
  .argument('<name>')
  .argument('<label>')
  .action((name: string, label: string) => sandbox.restore(name, label))
program
  .command('manifest')
  .description('everything on a host that a run could have touched, one line each')
  .argument('<name>')
  .action(async (name: string) => {
    const entries = Object.entries(await sandbox.manifest(name))
    process.stdout.write(entries.map(([key, value]) => `${key}: ${value}\n`).join(''))
  })

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`sandbox: ${explain(error)}\n`)
  process.exitCode = error instanceof SandboxError ? error.exitCode : 1
}
