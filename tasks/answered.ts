import { bad, fine, look, type Verification } from '../lib/index.ts'
import { answer } from './answer.ts'

/** A line of the checklist: a service answers on the host. @param mend - what to do where it does not */
export const answered = (title: string, url: string, mend: string): Verification =>
  look({
    title,
    from: answer(url),
    judge: ({ code, error }) =>
      code === 200
        ? fine(`${url} is answered 200 on the host`)
        : bad(`${url} is answered ${code ?? error ?? 'nothing'} on the host; ${mend}`),
  })
