import { toErrorItem, type ErrorItem, type TaskError } from '#contract';

/** What follows from the item and the code. */
const derived: ReadonlySet<string> = new Set(['documentation', 'taskType', 'taskUUID']);

/** The error as a job or an item keeps it. */
export const toProblem = (error: ErrorItem): object =>
  Object.fromEntries(Object.entries(error).filter(([name]) => !derived.has(name)));

export const problemOf = (error: TaskError): object => toProblem(toErrorItem(error));
