import { documented, toErrorItem, type ErrorItem, type Routing, type TaskError } from '#contract';

export type ProblemBody = { readonly errors: readonly [ErrorItem, ...ErrorItem[]] };

/** The body that answers a request which failed as a whole. */
export const problemBody = (problem: TaskError, publicUrl: string, routing?: Routing): ProblemBody => ({
  errors: [
    documented(toErrorItem(problem, routing), publicUrl),
    ...problem.others.map((other) => documented(toErrorItem(other, routing), publicUrl)),
  ],
});
