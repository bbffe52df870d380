/** What a person is told who has asked for what cannot be done: one line, without a stack. */
export class Problem extends Error {}
