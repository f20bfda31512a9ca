import { type Handler, handler, type Probe, probe, sh, type Sh, type State } from '../lib/index.ts'
import type { Validate } from './file.ts'

export interface LoadedState extends State {
  /** The last configuration was taken; `null` where Prometheus does not answer. */
  loaded: boolean | null
}

/** Whether Prometheus took its configuration the last time (HTTP API, /api/v1/status/runtimeinfo). */
export const loaded = (url: string): Probe<LoadedState> =>
  probe({
    id: `prometheus.loaded ${url}`,
    needs: ['curl'],
    read: sh`curl -sS -m 10 ${`${url}/api/v1/status/runtimeinfo`} 2>/dev/null || [ $? = 7 ]`,
    parse: (stdout) => {
      if (stdout === '') return { loaded: null }
      const found = /"reloadConfigSuccess":(true|false)/.exec(stdout)?.[1]
      if (found === undefined) throw new Error(`Prometheus answered ${stdout.slice(0, 80)}`)
      return { loaded: found === 'true' }
    },
  })

/** Asks a server to read its configuration anew. It says why where it refuses, and goes on with the old one. */
const ask = (url: string): Sh => sh`curl -sS -m 30 --fail-with-body -X POST ${`${url}/-/reload`} >&2`

/** Prometheus reads its configuration and rules anew, at the end of the role; it is not restarted. */
export const reload = (url: string): Handler =>
  handler({
    id: 'reload:prometheus',
    title: 'reload prometheus',
    run: ask(url),
    want: loaded(url).is({ loaded: true }),
  })

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
