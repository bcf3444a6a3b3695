import { randomUUID } from 'node:crypto';
import type { ServiceConfig } from '#config';
import { TaskError, type Cutout, type Outcome } from '#contract';
import { findImage, type Database, type FoundTask, type Owner } from '#database';
import { token } from '#nest';
import type { FastifyRequest } from 'fastify';
import type { HttpAnswer } from '../../http/send-answer.js';
import { missingKey } from '../../tasks/authenticate.js';
import { queryIn } from '../../tasks/dry-run.js';
import { refusalOf } from '../door.js';
import type { DoorTasks } from '../door-tasks.js';
import { requireNoQuery, unsupported } from '../parameters.js';
import { requireRunner } from '../remove-for-door.js';
import { falDoor } from './fal-door.js';
import { falNames, isFalImage, readFalInput } from './read-input.js';

/** The queue of fal for `fal-ai/birefnet`. */
export type FalQueue = {
  readonly submit: (request: FastifyRequest) => Promise<HttpAnswer>;
  readonly status: (request: FastifyRequest, id: string) => Promise<HttpAnswer>;
  readonly result: (request: FastifyRequest, id: string) => Promise<HttpAnswer>;
  readonly cancel: (request: FastifyRequest, id: string) => Promise<HttpAnswer>;
};

export const FAL_QUEUE = token<FalQueue>('fal queue');

type Needs = {
  readonly config: Pick<ServiceConfig, 'PUBLIC_URL'>;
  readonly database: Database;
  readonly tasks: DoorTasks;
};

const HOW_TO_SEND = "send 'Authorization: Key <key>'";

const requireOwner = ({ owner }: FastifyRequest): Owner => {
  if (!owner) throw missingKey(`Missing API key: ${HOW_TO_SEND}.`);
  return owner;
};

const addressesOf = ({ config }: Needs, id: string) => {
  const address = `${config.PUBLIC_URL}/fal-ai/birefnet/requests/${id}`;
  return {
    request_id: id,
    response_url: address,
    status_url: `${address}/status`,
    cancel_url: `${address}/cancel`,
  };
};

/** Where a task stands that has not ended; fal counts places from 0. */
const standingOf = async ({ tasks }: Needs, task: FoundTask): Promise<object> => {
  const standing = await tasks.standingOf(task);
  if (standing.stage !== 'waiting') return { status: 'IN_PROGRESS', logs: null };
  return { status: 'IN_QUEUE', queue_position: Math.max(0, (standing.queuePosition ?? 1) - 1) };
};

const imageOf = async (
  { database }: Needs,
  { imageUUID, imageURL, imageDataURI }: Cutout,
): Promise<object> => {
  const row = await findImage(database, imageUUID);
  return {
    url: imageURL ?? imageDataURI,
    content_type: row?.contentType,
    file_name: row?.storageKey.split('/').at(-1),
    file_size: row?.bytes,
    width: row?.width,
    height: row?.height,
  };
};

const requireCutout = (outcome: Outcome): Cutout => {
  if ('error' in outcome) throw new TaskError(outcome.error.code, outcome.error.message);
  if ('inputImageUUID' in outcome.result) return outcome.result;
  throw new TaskError('taskNotFound', 'This request removed no background.');
};

const notYet = () =>
  new TaskError('invalidParameter', 'The request is still in progress.', { parameter: 'request_id' });

const priorityOf = ({ headers }: FastifyRequest) =>
  headers['x-fal-queue-priority'] === 'low' ? { priority: 'low' } : {};

const requirePlainAddress = ({ url }: FastifyRequest) => {
  if (queryIn(url).has('fal_webhook'))
    throw unsupported('fal_webhook', 'ask for the status, or use webhookURL of POST /v1');
  requireNoQuery(url, 'the address takes none; inputs go into the body');
};

const submit = async (needs: Needs, request: FastifyRequest): Promise<HttpAnswer> => {
  const owner = requireRunner(request, HOW_TO_SEND);
  requirePlainAddress(request);
  const parameters = readFalInput(await request.server.readObject(request, isFalImage));
  const task = { ...parameters, ...priorityOf(request), taskUUID: randomUUID() };
  const submitted = await needs.tasks.submit(owner, task);
  if (submitted.kind === 'refused') return refusalOf(falDoor, submitted.reply, falNames);
  const body = { status: 'IN_QUEUE', queue_position: 0, ...addressesOf(needs, task.taskUUID) };
  const headers = { ...submitted.headers, 'x-fal-request-id': task.taskUUID };
  return { status: 200, headers, body };
};

export const createFalQueue = (needs: Needs): FalQueue => {
  const { tasks } = needs;
  return {
    submit: (request) => submit(needs, request),
    status: async (request, id) => {
      const task = await tasks.find(requireOwner(request), id);
      const addresses = addressesOf(needs, task.taskUuidSent);
      if (!task.finishedAt)
        return { status: 202, body: { ...(await standingOf(needs, task)), ...addresses } };
      const metrics = task.inferMs === null ? {} : { metrics: { inference_time: task.inferMs / 1000 } };
      return { status: 200, body: { status: 'COMPLETED', logs: null, ...metrics, ...addresses } };
    },
    result: async (request, id) => {
      const task = await tasks.find(requireOwner(request), id);
      const outcome = await tasks.outcomeOf(task);
      if (!outcome) throw notYet();
      const headers = { 'x-fal-request-id': task.taskUuidSent };
      return { status: 200, headers, body: { image: await imageOf(needs, requireCutout(outcome)) } };
    },
    cancel: async (request, id) => {
      const { finishedAt } = await tasks.find(requireOwner(request), id);
      if (finishedAt) return { status: 400, body: { status: 'ALREADY_COMPLETED' } };
      await tasks.cancel(requireOwner(request), id);
      return { status: 202, body: { status: 'CANCELLATION_REQUESTED' } };
    },
  };
};
