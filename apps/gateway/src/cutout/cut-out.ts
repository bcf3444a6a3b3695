import type { Answer } from '#contract';
import { isUuid, TaskError } from '#contract';
import type { Database } from '#database';
import { defaultModelOf, type Catalogue } from '#models';
import { token } from '#nest';
import type { Storage } from '#storage';
import type { FastifyRequest } from 'fastify';
import type { Picture } from '../http/send-answer.js';
import { missingKey } from '../tasks/authenticate.js';
import { isDryRun, queryIn } from '../tasks/dry-run.js';
import type { Intake } from '../tasks/intake.js';
import { requireScope } from '../tasks/scopes.js';
import type { Fields } from '../uploads/multipart.js';
import type { ReceiveImage, Received } from '../uploads/receive-image.js';
import { cutoutIn, openPicture } from './open-picture.js';
import { headersOf, pictureHeaders } from './picture-headers.js';
import { readTask } from './read-task.js';

/** A picture, or what `POST /v1` would answer. */
export type CutoutAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Answer | Picture;
};

/**
 * Removes the background of the image in a request, and waits for the result.
 *
 * @param gone aborts when the caller's connection closed
 * @throws TaskError when the request as a whole is at fault
 */
export type CutOut = (request: FastifyRequest, gone: AbortSignal) => Promise<CutoutAnswer>;

export const CUT_OUT = token<CutOut>('cut out');

type Needs = {
  readonly catalogue: Catalogue;
  readonly database: Database;
  readonly intake: Intake;
  readonly receiveImage: ReceiveImage;
  readonly storage: Pick<Storage, 'open'>;
};

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** @returns whether the body is a form @throws TaskError when it is neither a form nor an image */
const requireType = (request: FastifyRequest): boolean => {
  if (!hasBody(request)) return false;
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  const kind = type.trim().toLowerCase();
  if (kind === 'multipart/form-data') return true;
  if (kind === '' || kind === 'application/octet-stream' || kind.startsWith('image/')) return false;
  const message =
    'POST /v1/cutout takes a form (curl -F image=@photo.jpg), or the bytes of an image with its type ' +
    "(curl -H 'content-type: image/jpeg' --data-binary @photo.jpg). JSON goes to POST /v1.";
  throw new TaskError('unsupportedContentType', message);
};

/** Nothing is decoded: images are compressed already. */
const requireUncompressed = ({ headers }: FastifyRequest) => {
  if (/^\s*(identity\s*)?$/i.test(headers['content-encoding'] ?? '')) return;
  const message = 'The body of POST /v1/cutout must not be compressed: leave Content-Encoding out.';
  throw new TaskError('unsupportedContentEncoding', message);
};

const queryOf = ({ url }: FastifyRequest): Fields => [...queryIn(url)].filter(([name]) => name !== 'dryRun');

const textOf = (header: string | string[] | undefined) => [header].flat()[0];

/** A form that a browser sends without a chosen file has an empty file without a name. */
const fileOf = ({ image, fileName }: Received) => {
  const isAbsent = fileName === undefined || (fileName === '' && image.length === 0);
  return isAbsent ? undefined : image;
};

export const createCutOut =
  (needs: Needs): CutOut =>
  async (request, gone) => {
    const { owner, headers } = request;
    if (!owner) throw missingKey("Missing API key: send 'Authorization: Bearer <key>'.");
    requireScope(owner, 'run');
    requireUncompressed(request);
    const isForm = requireType(request);
    const isDry = isDryRun(request);

    return needs.receiveImage(request, { owner, isForm }, async (received) => {
      const { task, answer } = readTask({
        texts: [...queryOf(request), ...received.fields],
        file: fileOf(received),
        further: received.further,
        accept: headers.accept,
        idempotencyKey: textOf(headers['idempotency-key']),
        ownerId: owner.id,
        defaultModel: defaultModelOf(needs.catalogue).air,
      });
      const reply = await needs.intake([task], { owner, isDryRun: isDry, gone });
      const told = {
        ...reply.headers,
        ...(isUuid(task['taskUUID']) && { 'x-clearcut-task-uuid': task['taskUUID'] }),
        ...(reply.retryAfter !== undefined && { 'retry-after': `${reply.retryAfter}` }),
      };
      const cutout = cutoutIn(reply.body);
      if (!cutout) return { status: reply.status, headers: told, body: reply.body };
      if (answer === 'JSON')
        return { status: reply.status, headers: { ...told, ...headersOf(cutout) }, body: reply.body };

      const { image, opened } = await openPicture(needs, cutout);
      const extension = image.storageKey.slice(image.storageKey.lastIndexOf('.') + 1);
      return {
        status: reply.status,
        headers: { ...told, ...pictureHeaders(cutout, received.fileName ?? '', extension) },
        body: { ...opened, contentType: image.contentType },
      };
    });
  };
