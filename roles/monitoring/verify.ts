import * as z from 'zod'
import { bad, fine, look, type Verification } from '../../lib/index.ts'
import { answer } from '../../tasks/answer.ts'
import { at } from '../../templates/monitoring/ports.ts'

/** Prometheus' HTTP API, Targets. */
const Targets = z.object({
  data: z.object({
    activeTargets: z.array(
      z.object({
        labels: z.record(z.string(), z.string()),
        scrapeUrl: z.string(),
        lastError: z.string(),
        health: z.string(),
      }),
    ),
  }),
})

const MEND = 'run --role monitoring'

const answers = (title: string, url: string): Verification =>
  look({
    title,
    from: answer(url),
    judge: ({ code, error }) =>
      code === 200
        ? fine(`${url} is answered 200 on the host`)
        : bad(`${url} is answered ${code ?? error ?? 'nothing'}; ${MEND}`),
  })

/** Whether everything that is watched can be seen, and whether what people look at is there. */
export const verify = (): readonly Verification[] => [
  look({
    title: 'monitoring targets up',
    from: answer(`http://${at('prometheus')}/api/v1/targets?state=active`),
    judge: ({ code, body, error }) => {
      if (code !== 200)
        return bad(`Prometheus is answered ${code ?? error ?? 'nothing'} at ${at('prometheus')}; ${MEND}`)
      const { activeTargets } = Targets.parse(JSON.parse(body ?? '')).data
      const down = activeTargets.filter(({ health }) => health !== 'up')
      const name = ({ labels, scrapeUrl }: (typeof activeTargets)[number]) => labels['job'] ?? scrapeUrl
      if (activeTargets.length === 0) return bad(`Prometheus watches nothing; ${MEND}`)
      if (down.length === 0)
        return fine(`${activeTargets.length} of ${activeTargets.length}: ${activeTargets.map(name).join(', ')}`)
      return bad(
        `${down.map((one) => `${name(one)} is ${one.health}${one.lastError === '' ? '' : ` (${one.lastError})`}`).join(', ')}; ${MEND}`,
      )
    },
  }),
  answers('Grafana', `http://${at('grafana')}/api/health`),
  answers('Loki', `http://${at('loki')}/ready`),
]
