import * as z from 'zod'
import { type MaybeSecret, Secret } from './secret.ts'

/** For editors a secret is text: the tag in front of it is YAML's business. */
const SecretValue = z.instanceof(Secret, { error: 'allowed: a secret' }).meta({ type: 'string' })

/** A variable that is a secret: `!secret NAME`, or plain text, which is kept just as secret from then on. */
export const secret = (name = 'from the inventory') =>
  z
    .union([SecretValue, z.string().min(1)])
    .transform((value): Secret => (value instanceof Secret ? value : new Secret(name, value)))

/** A variable that may be a secret, or have one inside: plain text, `!secret`, `!join` or `!url`. */
export const maybeSecret = (): z.ZodType<MaybeSecret> => z.union([z.string(), SecretValue])

/** An address, or a range of them in CIDR notation; IPv4 or IPv6. */
export const network = () =>
  z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
    error: 'an address or a range such as 10.0.0.0/8 or 2001:db8::/32',
  })

/** The name of a container's image, with a tag or a digest. */
export const image = (fallback: string) =>
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9._/:@-]*$/, 'the name of an image, such as redis:7.4')
    .default(fallback)
