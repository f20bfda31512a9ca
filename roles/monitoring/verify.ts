import * as z from 'zod'
import { bad, fine, look, type Verification } from '../../lib/index.ts'
import { answer } from '../../tasks/answer.ts'
import { answered } from '../../tasks/answered.ts'
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
  answered('Grafana', `http://${at('grafana')}/api/health`, MEND),
  answered('Loki', `http://${at('loki')}/ready`, MEND),
]
