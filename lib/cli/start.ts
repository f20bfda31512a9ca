import * as z from 'zod'

/** To be imported before any schema is made: compiling schemas costs more than a run of seconds saves by it. */
z.config({ jitless: true })
