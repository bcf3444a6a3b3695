import { problems, TaskError, toErrorItem } from '#contract';
import { StorageError } from '#storage';
import type { Logger } from '#telemetry';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { toServiceFault } from '../tasks/service-fault.js';

const statusOf = (error: unknown): number => {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number')
    return error.statusCode;
  return 500;
};

/** Translates refusals of the framework to the product's own errors. */
const translate = (error: unknown): TaskError => {
  if (error instanceof TaskError) return error;
  if (error instanceof StorageError) return toServiceFault(error);
  const cause = { cause: error };
  const status = statusOf(error);
  if (status === 404) return new TaskError('notFound', 'There is nothing at this address.', {}, cause);
  if (status === 415) {
    const message = "Send the tasks with 'Content-Type: application/json'.";
    return new TaskError('invalidRequestBody', message, {}, cause);
  }
  if (status < 500)
    return new TaskError('invalidRequestBody', 'The body must be a JSON array of tasks.', {}, cause);
  return new TaskError('internalServerError', 'Something failed on our side; try again.', {}, cause);
};

/** The only place that turns an error into an HTTP answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const problem = translate(error);
    const { status } = problems[problem.code];
    if (status >= 500) this.log.error({ err: problem }, 'request failed');
    const routing = problem.details.parameter === 'apiKey' ? { taskType: 'authentication' } : {};
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    // Headers of the failed answer, such as cache-control, do not apply to the error.
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
    const item = toErrorItem(problem, routing);
    if (item.retryAfter !== undefined) reply.header('retry-after', `${item.retryAfter}`);
    void reply.status(status).send({ errors: [item] });
  }
}
