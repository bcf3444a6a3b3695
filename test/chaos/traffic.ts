import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, removal, type Client, type Reply } from '#test/client';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { chooseWeighted, type Random } from './random.js';
import type { Stage } from './stage.js';

/** How a task must end. */
type Expected = {
  /** Code of the problem of a task with a true reason to fail. */
  readonly code?: 'downloadFailed';
  readonly isUploaded?: true;
};

/** What was accepted, and by what the test learns of it. */
export type Traffic = {
  readonly accepted: ReadonlyMap<string, Expected>;
  /** Tasks that were refused for good. Clients would give those up. */
  readonly refused: readonly string[];
  readonly receiver: Receiver;
  /** Sends a few tasks after each rest, which takes so long on average, until there are enough. */
  readonly run: (isEnough: (accepted: number) => boolean, restMs: number) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const SENDERS = 4;
/** Of one sender. */
const MOST_IN_HAND = 4;
const POLL_EVERY_MS = 300;
export const webhookPath = (taskUUID: string): string => `/hook/${taskUUID}`;
export const uploadPath = (taskUUID: string): string => `/upload/${taskUUID}`;
const MISSING = '/missing.png';

type Kind = {
  readonly weight: number;
  readonly input?: 'URL' | 'missing';
  readonly more: (taskUUID: string, servers: { readonly receiver: Receiver }) => Record<string, unknown>;
  readonly expected: Expected;
};
const later = { deliveryMethod: 'async' };

const kinds: Readonly<Record<string, Kind>> = {
  waited: { weight: 4, more: () => ({}), expected: {} },
  'waited, as base64': { weight: 1, more: () => ({ outputType: 'base64Data' }), expected: {} },
  later: { weight: 3, more: () => later, expected: {} },
  'by URL': { weight: 2, input: 'URL', more: () => later, expected: {} },
  expiring: { weight: 1, more: () => ({ ...later, ttl: 60 }), expected: {} },
  uploaded: {
    weight: 1,
    more: (taskUUID, { receiver }) => ({ ...later, uploadEndpoint: receiver.url + uploadPath(taskUUID) }),
    expected: { isUploaded: true },
  },
  'without a picture': {
    weight: 1,
    input: 'missing',
    more: () => later,
    expected: { code: 'downloadFailed' },
  },
};

/** A client gives up after one of these. All others may pass. */
const isFinal = ({ status }: Reply) => status >= 400 && status < 500 && status !== 408 && status !== 429;

/** Sends a task until it is answered, as the contract tells clients to. A repetition attaches to the same task. */
const sendUntilAnswered = async (post: Client['post'], task: unknown): Promise<Reply> => {
  for (let waitMs = 50; ; waitMs = Math.min(2 * waitMs, 1_000)) {
    const reply = await post([task]).catch(() => undefined);
    if (reply && (reply.status === 200 || isFinal(reply))) return reply;
    await sleep(waitMs);
  }
};

/** What the service tells here decides only when the client goes on. */
const hasEnded = async (post: Client['post'], taskUUID: string): Promise<boolean> => {
  const reply = await post([{ taskType: 'getResponse', taskUUID }]).catch(() => undefined);
  return reply !== undefined && reply.status < 500 && reply.data[0]?.['status'] !== 'processing';
};

type Inputs = {
  readonly photos: readonly string[];
  readonly pictures: PictureServer;
  readonly receiver: Receiver;
};

const makeTask = ({ photos, pictures, receiver }: Inputs, random: Random) => {
  const [, { input, more, expected }] = chooseWeighted(Object.entries(kinds), random);
  const photo = photos[Math.floor(random() * photos.length)] ?? '';
  const image = { URL: pictures.url, missing: receiver.url + MISSING, photo }[input ?? 'photo'];
  const task = removal(image);
  const webhookURL = receiver.url + webhookPath(task.taskUUID);
  return { task: { ...task, webhookURL, ...more(task.taskUUID, { receiver }) }, expected };
};

export const startTraffic = async (
  { gatewayUrl, fleet }: Pick<Stage, 'gatewayUrl' | 'fleet'>,
  random: Random,
): Promise<Traffic> => {
  const { post } = createClient(gatewayUrl, fleet.key);
  const pngs = await Promise.all([24, 48, 80].map((side) => toPng(disc(side, side))));
  const photos = pngs.map((png) => png.toString('base64'));
  const [receiver, pictures] = [await startReceiver(), await startPictureServer(pngs[1] ?? Buffer.alloc(0))];
  receiver.answer(MISSING, 404);
  const accepted = new Map<string, Expected>();
  const refused: string[] = [];

  const send = async (): Promise<string> => {
    const { task, expected } = makeTask({ photos, pictures, receiver }, random);
    const { status, body } = await sendUntilAnswered(post, task);
    if (status === 200) accepted.set(task.taskUUID, expected);
    else refused.push(`${task.taskUUID}: ${JSON.stringify(body)}`);
    return task.taskUUID;
  };
  /** Some tasks, then polls until they have ended: a slow machine gets fewer tasks, and no endless backlog. */
  const sendSome = async (isOver: () => boolean) => {
    const sent: string[] = [];
    for (let left = 1 + Math.floor(MOST_IN_HAND * random()); left > 0; left--) sent.push(await send());
    for (const taskUUID of sent)
      while (!isOver() && !(await hasEnded(post, taskUUID))) await sleep(POLL_EVERY_MS);
  };
  return {
    accepted,
    refused,
    receiver,
    run: async (isEnough, restMs) => {
      const isOver = () => isEnough(accepted.size);
      const sender = async () => {
        for (; !isOver(); await sleep(2 * restMs * random())) await sendSome(isOver);
      };
      await Promise.all(Array.from({ length: SENDERS }, sender));
    },
    stop: async () => {
      await Promise.all([receiver.stop(), pictures.stop()]);
    },
  };
};
