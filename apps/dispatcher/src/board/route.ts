import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { queueDepths, type Database } from '#database';
import type { AdminAnswer, AdminRoute } from '#program';
import type { TaskQueue } from '#queue';
import { refuse } from '../status/authorise.js';
import { openBoard, type Board } from './open-board.js';
import { redact } from './redact.js';

/** Longer than a look into all queues takes. */
const TIMEOUT_MS = 5_000;

type Deps = {
  readonly database: Database;
  readonly queue: Pick<TaskQueue, 'inspect'>;
  readonly token: string | undefined;
  /** Where it is mounted. */
  readonly base: string;
};

/** The page's own scripts, styles and pictures, and nobody else's. It writes styles into itself. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    "connect-src 'self'; worker-src 'self'; font-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const refusal = (status: number, body: string, more: Record<string, string> = {}): AdminAnswer => ({
  status,
  type: 'text/plain',
  body,
  headers: { ...headers, ...more },
});

/** The store's library waits for ever for a store that it never reached. */
const inTime = <T>(work: Promise<T>): Promise<T> => {
  const late = sleep(TIMEOUT_MS, undefined, { ref: false }).then(() => {
    throw new Error(`The queue did not answer within ${TIMEOUT_MS} ms.`);
  });
  return Promise.race([work, late]);
};

const answer = async (board: Board, { database }: Deps, url: URL): Promise<AdminAnswer | undefined> => {
  const file = await board.file(url.pathname);
  if (file)
    return { status: 200, ...file, headers: { ...headers, 'cache-control': 'private, max-age=3600' } };
  const page = board.page(url.pathname);
  if (page !== undefined) return { status: 200, type: 'text/html; charset=utf-8', body: page, headers };
  const question = board.question(url.pathname, Object.fromEntries(url.searchParams));
  if (!question) return undefined;

  const depths = await queueDepths(database);
  board.show(new Set(depths.map(({ model }) => model)));
  const { status = 200, body } = await inTime(question());
  return { status, type: 'application/json', body: redact(JSON.stringify(body)), headers };
};

const urlOf = (request: IncomingMessage, base: string): URL | undefined => {
  const path = (request.url ?? '').slice(base.length) || '/';
  return URL.canParse(path, 'http://board') ? new URL(path, 'http://board') : undefined;
};

/**
 * What waits in each model's queue, job by job, for those who know the token. It is for looking: the row of a task
 * decides what becomes of it, so a job that were changed here would do nothing or be made anew by the sweep.
 */
export const boardRoute = (deps: Deps): AdminRoute => {
  let opened: Promise<Board> | undefined;
  return async (request) => {
    const refused = refuse(deps.token, request.headers);
    if (refused) return refused;
    if (request.method !== 'GET')
      return refusal(405, 'The queues are shown, not changed.\n', { allow: 'GET' });

    const url = urlOf(request, deps.base);
    opened ??= openBoard(deps.queue, deps.base);
    const answered = url && (await answer(await opened, deps, url));
    return answered ?? refusal(404, 'There is nothing at this address.\n');
  };
};
