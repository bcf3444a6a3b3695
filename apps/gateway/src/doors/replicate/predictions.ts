import { randomUUID } from 'node:crypto';
import type { ServiceConfig } from '#config';
import { isUuid, LongText, toPrediction } from '#contract';
import type { FoundTask, Owner } from '#database';
import type { Catalogue } from '#models';
import { token } from '#nest';
import type { FastifyRequest } from 'fastify';
import type { HttpAnswer } from '../../http/send-answer.js';
import { missingKey } from '../../tasks/authenticate.js';
import { refusalOf } from '../door.js';
import type { DoorTasks } from '../door-tasks.js';
import { invalid, requireNoQuery, type Sent } from '../parameters.js';
import { requireRunner } from '../remove-for-door.js';
import { isPredictionImage, predictionNames, readPrediction } from './read-prediction.js';
import { replicateDoor } from './replicate-door.js';

/** The predictions of Replicate's HTTP API. */
export type Predictions = {
  /** @param model `owner/name`, when the address names it */
  readonly create: (
    request: FastifyRequest,
    model: string | undefined,
    gone: AbortSignal,
  ) => Promise<HttpAnswer>;
  readonly get: (request: FastifyRequest, id: string) => Promise<HttpAnswer>;
  readonly cancel: (request: FastifyRequest, id: string) => Promise<HttpAnswer>;
};

export const PREDICTIONS = token<Predictions>('predictions');

type Needs = {
  readonly catalogue: Catalogue;
  readonly config: Pick<ServiceConfig, 'PUBLIC_URL'>;
  readonly tasks: DoorTasks;
};

const HOW_TO_SEND = "send 'Authorization: Bearer <key>'";
/** What `Prefer: wait` stands for, and the most seconds that it may ask for. */
const LONGEST_WAIT_S = 60;

/** `wait`, `wait=5` or `wait="5"`, as RFC 7240 has it. */
const WAIT = /^wait(?:\s*=\s*("?)(\d{1,9})\1)?$/i;

/** Milliseconds that a caller wants to wait for the end. @throws TaskError */
const waitMsOf = ({ headers }: FastifyRequest): number => {
  const preferences = [headers['prefer'] ?? []].flat().flatMap((value) => value.split(/[,;]/));
  const asked = preferences.map((each) => each.trim()).find((each) => /^wait\b(?!-)/i.test(each));
  if (asked === undefined) return 0;
  const found = WAIT.exec(asked);
  if (!found) throw invalid('Prefer', 'it must be wait, or wait=SECONDS');
  return Math.min(LONGEST_WAIT_S, Number(found[2] ?? LONGEST_WAIT_S)) * 1000;
};

/** What was sent, without bytes of images. */
const echoOf = (sent: unknown): Sent => {
  const { input } = sent as { readonly input: Sent };
  const shown = Object.entries(input).map(([name, value]) => [
    name,
    value instanceof LongText ? `${value.head}…` : value,
  ]);
  return Object.fromEntries(shown) as Sent;
};

/** Clients make files only from addresses of https and from data URIs. */
const outputTypeOf = ({ PUBLIC_URL }: Needs['config']): 'URL' | 'dataURI' =>
  PUBLIC_URL.startsWith('https:') ? 'URL' : 'dataURI';

const ownImageOf =
  ({ PUBLIC_URL }: Needs['config']) =>
  (url: string): string | undefined => {
    const start = `${PUBLIC_URL}/images/`;
    const uuid = url.startsWith(start) ? url.slice(start.length, start.length + 36) : undefined;
    return isUuid(uuid) ? uuid : undefined;
  };

const requireOwner = ({ owner }: FastifyRequest): Owner => {
  if (!owner) throw missingKey(`Missing API key: ${HOW_TO_SEND}.`);
  return owner;
};

/** Who waited takes anything but `starting` for the end, and who did not expects it. */
const asNew = (task: FoundTask): FoundTask => ({
  ...task,
  state: 'queued',
  startedAt: null,
  finishedAt: null,
  inferMs: null,
});

export const createPredictions = ({ catalogue, config, tasks }: Needs): Predictions => {
  const show = async (status: number, task: FoundTask, input?: Sent): Promise<HttpAnswer> => {
    const outcome = await tasks.outcomeOf(task);
    const more = { publicUrl: config.PUBLIC_URL, ...(input && { input }) };
    return { status, body: toPrediction(task, outcome, more) };
  };

  return {
    create: async (request, model, gone) => {
      const owner = requireRunner(request, HOW_TO_SEND);
      requireNoQuery(request.url, 'the address takes none; inputs go into the body');
      const waitMs = waitMsOf(request);
      const sent = await request.server.readObject(request, isPredictionImage);
      const place = { catalogue, model, outputType: outputTypeOf(config), ownImage: ownImageOf(config) };
      const parameters = readPrediction(sent, place);
      const input = echoOf(sent);
      const submitted = await tasks.submit(owner, { ...parameters, taskUUID: randomUUID() }, 'replicate');
      if (submitted.kind === 'refused') return refusalOf(replicateDoor, submitted.reply, predictionNames);
      const { headers, task } = submitted;
      const later = waitMs > 0 ? await tasks.wait(owner, task, waitMs, gone) : task;
      const shown = waitMs > 0 && later.finishedAt ? later : asNew(task);
      return { ...(await show(201, shown, input)), headers };
    },
    get: async (request, id) => show(200, await tasks.find(requireOwner(request), id)),
    cancel: async (request, id) => show(200, await tasks.cancel(requireOwner(request), id)),
  };
};
