import { problems, TaskError } from '#contract';
import { secureHeaders } from '#nest';
import { StorageError } from '#storage';
import { createFaultLog, type Logger } from '#telemetry';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Door } from '../doors/door.js';
import { toServiceFault } from '../tasks/service-fault.js';
import { methodNotAllowed } from './allowed-methods.js';
import { problemBody, type ProblemBody } from './problem-body.js';

const statusOf = (error: unknown): number => {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number')
    return error.statusCode;
  return 500;
};

export const internalFault = (cause?: unknown): TaskError =>
  new TaskError('internalServerError', 'Something failed on our side; try again.', {}, { cause });

/** Translates refusals of the framework to the product's own errors. */
const translate = (error: unknown): TaskError => {
  if (error instanceof TaskError) return error;
  if (error instanceof StorageError) return toServiceFault(error);
  const cause = { cause: error };
  const status = statusOf(error);
  if (status === 415) {
    const message = "Send the tasks with 'Content-Type: application/json'.";
    return new TaskError('invalidRequestBody', message, {}, cause);
  }
  if (status < 500)
    return new TaskError('invalidRequestBody', 'The body must be a JSON array of tasks.', {}, cause);
  return internalFault(error);
};

/** The router says 404 both for a path that leads nowhere and for a method that a path lacks. */
const refuseRoute = (methods: readonly string[]): TaskError => {
  if (methods.length === 0)
    return new TaskError('notFound', 'There is nothing at this address. Tasks go to POST /v1.');
  return methodNotAllowed(methods);
};

/** Fastify refuses the method QUERY without a content type before it looks for a route. */
const isUnrouted = (error: unknown, is404: boolean): boolean =>
  (is404 && !(error instanceof TaskError)) || (error instanceof HttpException && error.getStatus() === 404);

/** What went wrong, and the door in whose form it is told. */
const readFault = (error: unknown, { server, url, is404, routeOptions }: FastifyRequest) => {
  if (!isUnrouted(error, is404)) return { problem: translate(error), door: routeOptions?.config?.door };
  const path = url.split('?', 1)[0] ?? '';
  return { problem: refuseRoute(server.allowedMethods(path)), door: server.doorAt(path) };
};

/** Headers that hold for whatever is answered. */
const isKept = (name: string) => name === 'vary' || name.startsWith('access-control-');

/** Routes that imitate another service answer errors as that does. */
export const inFormOf = (
  door: Door | undefined,
  answer: { readonly status: number; readonly body: ProblemBody },
) => door?.refuse(answer.body.errors[0], answer.status) ?? answer;

/** The only place that turns an error into an HTTP answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  /** In an outage each request would be a line. */
  private readonly logOutage: (error: unknown) => void;

  constructor(
    private readonly log: Logger,
    private readonly publicUrl: string,
  ) {
    this.logOutage = createFaultLog(log, 'requests refused');
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const { problem, door } = readFault(error, http.getRequest<FastifyRequest>());
    const { status } = problems[problem.code];
    if (status >= 500) this.note(problem);
    const routing = problem.details.parameter === 'apiKey' ? { taskType: 'authentication' } : {};
    const reply = http.getResponse<FastifyReply>();
    // Headers of the failed answer, such as cache-control, do not apply to the error.
    for (const name of Object.keys(reply.getHeaders())) if (!isKept(name)) reply.removeHeader(name);
    reply.headers(secureHeaders);
    if (problem.code === 'methodNotAllowed')
      reply.header('allow', (problem.details.allowedValues ?? []).join(', '));
    const body = problemBody(problem, this.publicUrl, routing);
    const [item] = body.errors;
    if (item.retryAfter !== undefined) reply.header('retry-after', `${item.retryAfter}`);
    const answer = inFormOf(door, { status, body });
    void reply.status(answer.status).send(answer.body);
  }

  private note(problem: TaskError): void {
    if (problems[problem.code].status === 503) this.logOutage(problem);
    else this.log.error({ err: problem }, 'request failed');
  }
}
