import type { Role } from '../lib/index.ts'
import baseUbuntu from './base-ubuntu/index.ts'
import certs from './certs.ts'
import composeStack from './compose-stack/index.ts'
import cron from './cron.ts'
import docker from './docker.ts'
import monitoring from './monitoring/index.ts'
import nginx from './nginx.ts'
import ufw from './ufw.ts'

export { outside } from './outside.ts'

/** Every role, in the order in which `all` applies them. */
export const roles: readonly Role[] = [baseUbuntu, ufw, docker, certs, nginx, composeStack, cron, monitoring]
