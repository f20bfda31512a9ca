import { cpus, loadavg, release, totalmem } from 'node:os'

/** What a figure was measured on, in a line: it means little without. */
export const machine = (): string => {
  const [first, ...others] = cpus()
  const memory = Math.round(totalmem() / 1024 ** 3)
  const load = loadavg().map((value) => value.toFixed(1))
  return `${others.length + 1} × ${first?.model.trim() ?? 'unknown CPU'}, ${memory} GiB, Linux ${release()}, Node ${process.version}, load ${load.join(' ')}`
}
