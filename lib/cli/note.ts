/** A word beside the output, for a person. */
export const note = (text: string): void => void process.stderr.write(`trueup: ${text}\n`)
