import * as z from 'zod'
import { image, maybeSecret, secret } from '../../lib/index.ts'

const words = (fallback: string[]) => z.array(z.string()).min(1).default(fallback)

/** What the programs cannot start without. */
export const PASSWORDS = [
  'POSTGRES_PASSWORD',
  'NEO4J_PASSWORD',
  'MONGO_PASSWORD',
  'REDIS_PASSWORD',
  'MINIO_ROOT_PASSWORD',
] as const

/** What the inventory can say of the role. */
export const Vars = z.strictObject({
  repository: z
    .strictObject({
      url: z.string().default('git@github.com:MarcinSar/moja-dzialka.git'),
      branch: z.string().default('main').describe('What the first deploy takes, and deploy.sh without an argument'),
      key: secret('deploy key')
        .optional()
        .describe('The private deploy key; none for a repository that anybody may read'),
      knownHosts: z
        .array(z.string())
        .default(['github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'])
        .describe('Lines of known_hosts: who the other side must prove to be'),
    })
    .prefault({})
    .describe('Where the application comes from'),
  ref: z
    .union([z.literal('deployed'), z.string().regex(/^[0-9a-f]{40}$/, 'the full hash of a commit')])
    .default('deployed')
    .describe(
      '`deployed`: what deploy.sh last deployed stays (the first time: the branch); or the commit that is to run',
    ),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable'), maybeSecret())
    .superRefine((env, { addIssue }) => {
      const missing = PASSWORDS.filter((name) => env[name] === undefined || env[name] === '')
      if (missing.length > 0) addIssue({ code: 'custom', message: `lacks ${missing.join(', ')}` })
    })
    .prefault({})
    .describe(`The application's settings, for .env; ${PASSWORDS.join(', ')} must be among them`),
  size: z
    .enum(['document', 'small'])
    .default('document')
    .describe('Memory as the description of the server has it, or for a machine of a few GB'),
  images: z
    .strictObject({
      postgres: image('postgis/postgis:16-3.4'),
      neo4j: image('neo4j:5.26-community'),
      milvus: image('milvusdb/milvus:v2.4.15'),
      minio: image('minio/minio:RELEASE.2024-11-07T00-52-20Z'),
      etcd: image('quay.io/coreos/etcd:v3.5.16'),
      redis: image('redis:7.4'),
      mongo: image('mongo:7.0'),
    })
    .prefault({}),
  backend: words([
    ...['gunicorn', 'app.main:app', '-w', '4', '-k', 'uvicorn.workers.UvicornWorker', '-b', '0.0.0.0:8000'],
  ]).describe("The backend's command"),
  worker: words(['celery', '-A', 'app.celery_app', 'worker', '--loglevel=info']).describe("Celery's command"),
  files: z.int().min(1024).default(65_536).describe('Open files that a database may have'),
  wait: z.int().min(10).default(300).describe('Seconds for containers to become healthy'),
  adopt: z
    .boolean()
    .default(false)
    .describe('Databases that run already, made by somebody else, may be made anew; their data stays in its volume'),
  backup: z
    .strictObject({
      days: z.int().min(1).default(7).describe('Sets older than this go, once a newer one has been verified'),
      keep: z.int().min(1).default(3).describe('So many sets stay whatever their age'),
      offsite: z
        .strictObject({ by: z.enum(['rclone', 'aws']), to: z.string() })
        .optional()
        .describe('A second place for every set, such as b2:backups or s3://backups'),
      ageRecipient: z.string().optional().describe('The public key of age that what leaves the host is encrypted to'),
      heartbeat: maybeSecret().optional().describe('A URL that is asked for after every good backup'),
    })
    .prefault({}),
  data: z
    .strictObject({
      import: z.enum(['never', 'once']).default('never'),
      from: z.string().default('data/ready-for-import').describe("On the runner, from the project's folder"),
    })
    .prefault({})
    .describe('Whether the data set is brought to the host and imported into empty databases'),
})

export type Vars = z.infer<typeof Vars>
