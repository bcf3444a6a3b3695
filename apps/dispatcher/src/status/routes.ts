import type { IncomingMessage } from 'node:http';
import {
  outcomesOfTheDay,
  queueDepths,
  replayDelivery,
  suspectTasks,
  troubledDeliveries,
  warmWorkers,
  type Database,
} from '#database';
import { askInTime, type AdminAnswer, type AdminRoute } from '#program';
import type { JobCounts, TaskQueue } from '#queue';
import type { Logger } from '#telemetry';
import { refuse } from './authorise.js';
import { statusPage, type Status } from './page.js';

const LIMIT = 50;
const MAX_BODY_BYTES = 1024;

type Deps = {
  readonly database: Database;
  readonly queue: Pick<TaskQueue, 'counts'>;
  readonly token: string | undefined;
  /** Lets a delivery that is due now begin now. */
  readonly wake: () => void;
  readonly log: Logger;
};

const headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const countJobs = async (queue: Deps['queue'], models: Iterable<string>) => {
  const counted = [...models].map(async (model): Promise<[string, JobCounts] | undefined> => {
    const counts = await askInTime(
      (): Promise<JobCounts | undefined> => queue.counts(model),
      () => undefined,
    );
    return counts && [model, counts];
  });
  return new Map((await Promise.all(counted)).flatMap((entry) => (entry ? [entry] : [])));
};

const readStatus = async ({ database, queue }: Deps): Promise<Status> => {
  const [outcomes, depths, suspects, deliveries, workers] = await Promise.all([
    outcomesOfTheDay(database),
    queueDepths(database),
    suspectTasks(database, LIMIT),
    troubledDeliveries(database, LIMIT),
    warmWorkers(database),
  ]);
  const jobs = await countJobs(queue, new Set(depths.map(({ model }) => model)));
  return { outcomes, depths, jobs, suspects, deliveries, workers };
};

/** @returns undefined when there is too much of it */
const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > MAX_BODY_BYTES) return undefined;
  }
  return body;
};

const isUuid = (text: string) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);

const replay = async ({ database, wake, log }: Deps, request: IncomingMessage): Promise<AdminAnswer> => {
  const id = new URLSearchParams(await readBody(request)).get('id') ?? '';
  if (!isUuid(id) || !(await replayDelivery(database, id)))
    return { status: 409, type: 'text/plain', body: 'This delivery cannot be replayed (any more).\n' };

  log.info({ delivery: id }, 'webhook replayed by the operator');
  wake();
  return { status: 303, type: 'text/plain', body: '', headers: { location: '/' } };
};

/** The status page, for those who know the token. */
export const statusRoutes = (deps: Deps): Readonly<Record<string, AdminRoute>> => ({
  'GET /': async (request) =>
    refuse(deps.token, request.headers) ?? {
      status: 200,
      type: 'text/html; charset=utf-8',
      body: statusPage(await readStatus(deps)),
      headers,
    },
  'POST /replay': async (request) => refuse(deps.token, request.headers) ?? replay(deps, request),
});
