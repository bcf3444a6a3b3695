import { createHash } from 'node:crypto';
import type { ServiceConfig } from '#config';
import { ImageFile, MAX_IMAGE_BYTES, TaskError } from '#contract';
import type { Owner } from '#database';
import { token } from '#nest';
import type { FastifyRequest } from 'fastify';
import { openBody, paceOf, tooLarge, type Pace } from '../door/body.js';
import type { IntakeMemory } from '../door/intake-memory.js';
import { BODY_WAIT_MS, SPOOL_MEMORY_BYTES, type Spool, type Spooled } from '../door/spool.js';
import { openForm } from './multipart.js';

/** What came: the image, and the fields of the form around it. */
export type Received = { readonly image: ImageFile; readonly fields: Readonly<Record<string, string>> };

/**
 * Reads an image from the body of a request, plain or in a form, and works on it. A large one lies in a file until then.
 *
 * @throws TaskError
 */
export type ReceiveImage = <T>(
  request: FastifyRequest,
  asked: { readonly owner: Owner; readonly isForm: boolean },
  work: (received: Received) => Promise<T>,
) => Promise<T>;

export const RECEIVE_IMAGE = token<ReceiveImage>('receive image');

type Needs = {
  readonly config: Pick<ServiceConfig, 'REQUEST_TIMEOUT_S'>;
  readonly memory: IntakeMemory;
  readonly spool: Spool;
  readonly options: { readonly pace?: Pace };
};

/** The heads and fields of a form around its file. */
const FORM_BYTES = 64 * 1024;

const requirePlain = ({ headers }: FastifyRequest) => {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (/^\s*identity\s*$/i.test(encoding)) return;
  const message = `An image is not read with 'Content-Encoding: ${encoding.slice(0, 40)}': send it as it is.`;
  throw new TaskError('invalidRequestBody', message);
};

const requireForm = (contentType: string) => {
  if (/^\s*multipart\/form-data\s*;/i.test(contentType)) return;
  throw new TaskError(
    'invalidRequestBody',
    "POST /v1/images takes 'Content-Type: multipart/form-data'. Send a plain image by PUT /v1/images/<taskUUID>.",
  );
};

const requirePlainType = (contentType: string) => {
  if (!/^\s*(multipart\/|application\/json)/i.test(contentType)) return;
  throw new TaskError(
    'invalidRequestBody',
    'PUT /v1/images/<taskUUID> takes the bytes of an image. Send a form by POST /v1/images, and JSON by POST /v1.',
  );
};

export const createReceiveImage = ({ config, memory, spool, options }: Needs): ReceiveImage => {
  const pace = options.pace ?? paceOf(config);

  /** Reads the body. @returns the image, and the fields of the form around it */
  const read = async (request: FastifyRequest, spooled: Spooled, isForm: boolean): Promise<Received> => {
    const hash = createHash('sha256');
    const write = async (piece: Uint8Array) => {
      hash.update(piece);
      spooled.push(piece);
      await spooled.settle();
    };
    const form = isForm ? openForm(request.headers['content-type'] ?? '', write) : undefined;
    const maxBytes = MAX_IMAGE_BYTES + (isForm ? FORM_BYTES : 0);
    const isCrowded = () => memory.isCrowded() || spool.isCrowded();
    const body = openBody(request.raw, { maxBytes, pace, isCrowded, take: form?.feed ?? write });
    await body.readTo(Infinity);
    const fields = form ? await form.end() : {};
    await spooled.finish();
    return { image: new ImageFile(spooled.imageAt(0, spooled.length(), hash.digest('hex'))), fields };
  };

  return async (request, { owner, isForm }, work) => {
    const type = request.headers['content-type'] ?? '';
    if (isForm) requireForm(type);
    else requirePlainType(type);
    requirePlain(request);
    const length = Number(request.headers['content-length'] ?? 0);
    if (length > MAX_IMAGE_BYTES + FORM_BYTES) throw tooLarge(MAX_IMAGE_BYTES);

    const lease = memory.open(owner.id);
    request.lease = lease;
    const spooled = spool.open(owner.id);
    try {
      await spooled.reserve(length, BODY_WAIT_MS);
      await lease.reserve(Math.min(length || SPOOL_MEMORY_BYTES, SPOOL_MEMORY_BYTES));
      return await work(await read(request, spooled, isForm));
    } finally {
      await spooled.drop();
    }
  };
};
