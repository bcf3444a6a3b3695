import { createHash } from 'node:crypto';
import type { ServiceConfig } from '#config';
import { ImageFile, MAX_IMAGE_BYTES, TaskError } from '#contract';
import type { Owner } from '#database';
import { token } from '#nest';
import type { FastifyRequest } from 'fastify';
import { openBody, paceOf, tooLarge, type Pace } from '../door/body.js';
import type { IntakeMemory } from '../door/intake-memory.js';
import { BODY_WAIT_MS, SPOOL_MEMORY_BYTES, type Spool, type Spooled } from '../door/spool.js';
import { openForm, type FormContent } from './multipart.js';

/** The image, empty when no file came, and the form around it. Whoever takes the image over releases its bytes. */
export type Received = FormContent & { readonly image: ImageFile };

/**
 * Reads an image from the body of a request, plain or in a form, and works on it. A large one lies in a file until then,
 * or until it is released.
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
    const content = form ? await form.end() : { fields: [], fileName: '' };
    await spooled.finish();
    const bytes = spooled.imageAt(0, spooled.length(), hash.digest('hex'));
    const release = () => {
      request.lease?.keep(0);
      void spooled.drop();
    };
    return { image: new ImageFile(bytes, release), ...content };
  };

  return async (request, { owner, isForm }, work) => {
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
