import { type Handler, handler, sh, type Sh } from '../lib/index.ts'
import type { Validate } from './file.ts'

/**
 * Asks a server to read its configuration anew. It says why where it refuses, and goes on with the old one; one that is
 * not up (curl's 7) reads it when it starts, and one that is just starting is asked again (503).
 */
const ask = (url: string): Sh =>
  sh`curl -sS -m 30 --retry 3 --fail-with-body -X POST ${`${url}/-/reload`} >&2 || [ $? = 7 ]`

/** Prometheus reads its configuration and rules anew, at the end of the role; it is not restarted. */
export const reload = (url: string): Handler =>
  handler({ id: 'reload:prometheus', title: 'reload prometheus', run: ask(url) })

/** The same for Alertmanager. */
export const reloadAlertmanager = (url: string): Handler =>
  handler({ id: 'reload:alertmanager', title: 'reload alertmanager', run: ask(url) })

/** The image is there, or is fetched: three times, for a registry that is away for a moment. */
const fetched = (image: string): Sh =>
  sh`{ docker image inspect ${image} >/dev/null 2>&1 || docker pull -q ${image} >/dev/null || { sleep 3; docker pull -q ${image} >/dev/null; } || { sleep 12; docker pull -q ${image} >/dev/null; }; }`

/**
 * A check by a program of an image. The engine does not see what is mounted for the check alone, hence the folder goes
 * to the container by its standard input.
 */
const inImage = (image: string, tree: string, command: string): Validate => ({
  tree,
  check: sh`${fetched(image)} && tar -C ${tree} -c . | docker run -i --rm --network none --tmpfs /check:mode=1777 --workdir /check --entrypoint /bin/sh ${image} -c ${`mkdir it && cd it && tar -x && exec ${command}`}`,
})

/** promtool(1) of the very image that will run reads prometheus.yml and all rules before they are put in place. */
export const valid = (image: string, tree: string): Validate =>
  inImage(image, tree, 'promtool check config prometheus.yml')

/** amtool(1) reads alertmanager.yml before it is put in place. */
export const validAlertmanager = (image: string, tree: string): Validate =>
  inImage(image, tree, 'amtool check-config alertmanager.yml')
