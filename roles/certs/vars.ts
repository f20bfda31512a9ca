import * as z from 'zod'
import { maybeSecret, secret } from '../../lib/index.ts'

/** What the inventory can say of the role. */
export const Vars = z
  .strictObject({
    source: z
      .enum(['private-ca', 'given'])
      .default('private-ca')
      .describe('An authority of the host’s own, or the certificate and the key that are given here'),
    certificate: maybeSecret().optional().describe('PEM, its chain behind it'),
    key: secret().optional().describe('PEM'),
    minDays: z
      .int()
      .min(1)
      .max(300)
      .default(30)
      .describe('With fewer days left a private certificate is renewed, and one that is given is warned about'),
    originPulls: z
      .union([z.literal(false), z.strictObject({ ca: maybeSecret() })])
      .default(false)
      .describe(
        "Authenticated Origin Pulls: the CA (PEM) of the client certificate that is uploaded for the zone. Off until it is uploaded: without it the edge's requests would be refused",
      ),
  })
  .superRefine((vars, { addIssue }) => {
    for (const name of ['certificate', 'key'] as const)
      if (vars.source === 'given' && vars[name] === undefined)
        addIssue({ code: 'custom', path: [name], message: 'source: given needs it' })
  })

export type Vars = z.infer<typeof Vars>
