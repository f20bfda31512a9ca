import { bad, beyond, fine, look, type Site, type State, type Verdict, type Verification } from '../../lib/index.ts'
import { answer } from '../../tasks/answer.ts'
import { containers } from '../../tasks/compose/containers.ts'
import type { Service } from '../../tasks/compose.ts'
import { file as fileAt, path as pathAt } from '../../tasks/path.ts'
import { stack } from './project.ts'
import type { Vars } from './vars.ts'

const MEND = 'run --role compose-stack'

const up =
  (services: Readonly<Record<string, Service>>) =>
  (found: State): Verdict => {
    const wrong = Object.entries(services).flatMap(([name, { healthy }]) => {
      const now = found[name] ?? 'not there'
      return now === (healthy ? 'healthy' : 'running') ? [] : [`${name} is ${now}`]
    })
    const names = Object.keys(services)
    return wrong.length === 0 ? fine(names.join(', ')) : bad(`${wrong.join(', ')}; docker compose logs, or ${MEND}`)
  }

const answers = (title: string, url: string): Verification =>
  look({
    title,
    from: answer(url),
    judge: ({ code, error }) =>
      code === 200
        ? fine(`${url} is answered 200 on the host`)
        : bad(`${url} is answered ${code ?? error ?? 'nothing'} on the host; docker compose logs, or ${MEND}`),
  })

/** Secrets, the application's checkout and commit, its data, its containers, and what it says of its health. */
export const verify = (vars: Vars, site: Site): readonly Verification[] => {
  const { dir } = site
  const { project, databases, application } = stack(vars, site)
  return [
    look({
      title: 'secrets in .env',
      from: pathAt(`${dir}/.env`),
      judge: ({ type, mode, owner }) => {
        if (type !== 'file') return bad(`${dir}/.env is missing; ${MEND}`)
        if (mode !== '0600' || owner !== 'root')
          return bad(`${dir}/.env is ${mode} of ${owner}, not 0600 of root; ${MEND}`)
        return fine("root's alone, outside of the checkout")
      },
    }),
    look({
      title: 'repository cloned',
      from: pathAt(`${dir}/src/.git`),
      judge: ({ type }) => (type === 'directory' ? fine(`${dir}/src`) : bad(`${dir}/src is no checkout; ${MEND}`)),
    }),
    look({
      title: 'application deployed',
      from: fileAt(`${dir}/.ref`),
      judge: ({ type }) =>
        type === 'file'
          ? fine('a commit that was healthy')
          : bad(`nothing was ever deployed; ${dir}/scripts/deploy.sh`),
    }),
    look({
      title: 'data imported',
      from: pathAt(`${dir}/data/.imported`),
      judge: ({ type }) => {
        if (type === 'file') return fine('import-data.sh has left its stamp')
        return vars.data.import === 'never'
          ? beyond('compose-stack.data.import is “never”: bring the data and run import-data.sh, or set it to “once”')
          : bad(`import-data.sh has not ended well; ${MEND}`)
      },
    }),
    look({ title: 'databases up', from: containers(project), judge: up(databases) }),
    look({ title: 'application up', from: containers(project), judge: up(application) }),
    answers('health of the backend', 'http://127.0.0.1:8000/health'),
    answers('front end', 'http://127.0.0.1:3000/'),
  ]
}
