import type { ServiceConfig } from '#config';
import { ImageFile, MAX_IMAGE_BYTES, TaskError } from '#contract';
import type { Owner } from '#database';
import { token } from '#nest';
import type { FastifyRequest } from 'fastify';
import { openBody, paceOf, tooLarge, type Pace } from '../door/body.js';
import type { IntakeMemory, Lease } from '../door/intake-memory.js';
import { openForm } from './multipart.js';
import type { Spool, SpooledFile } from './spool.js';

/** What came: the image, and the fields of the form around it. */
export type Received = { readonly image: ImageFile; readonly fields: Readonly<Record<string, string>> };

/**
 * Reads an image from the body of a request, plain or in a form. It lies in a file until all of it has come.
 *
 * @throws TaskError
 */
export type ReceiveImage = (request: FastifyRequest, owner: Owner, isForm: boolean) => Promise<Received>;

export const RECEIVE_IMAGE = token<ReceiveImage>('receive image');

type Needs = {
  readonly config: Pick<ServiceConfig, 'REQUEST_TIMEOUT_S'>;
  readonly disk: IntakeMemory;
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

export const createReceiveImage = ({ config, disk, memory, spool, options }: Needs): ReceiveImage => {
  const pace = options.pace ?? paceOf(config);

  /** Reads the body into the file. @returns the fields of the form */
  const fill = async (request: FastifyRequest, file: SpooledFile, room: Lease, isForm: boolean) => {
    const write = async (piece: Uint8Array) => {
      room.need(file.length() + piece.length);
      await file.write(piece);
    };
    const form = isForm ? openForm(request.headers['content-type'] ?? '', write) : undefined;
    const maxBytes = MAX_IMAGE_BYTES + (isForm ? FORM_BYTES : 0);
    const take = form?.feed ?? write;
    const body = openBody(request.raw, { maxBytes, pace, isCrowded: disk.isCrowded, take });
    await body.readTo(Infinity);
    return form ? form.end() : {};
  };

  /** Takes memory for the image. It is given back when the image was stored, or at the request's end. */
  const load = async (request: FastifyRequest, owner: Owner, file: SpooledFile): Promise<ImageFile> => {
    request.lease?.end();
    const lease = memory.open(owner.id);
    request.lease = lease;
    await lease.reserve(file.length());
    return new ImageFile(await file.read(), () => lease.end());
  };

  return async (request, owner, isForm) => {
    const type = request.headers['content-type'] ?? '';
    if (isForm) requireForm(type);
    else requirePlainType(type);
    requirePlain(request);
    const length = Number(request.headers['content-length'] ?? 0);
    if (length > MAX_IMAGE_BYTES + FORM_BYTES) throw tooLarge(MAX_IMAGE_BYTES);

    const room = disk.open(owner.id);
    try {
      await room.reserve(length);
      const file = await spool.open();
      try {
        const fields = await fill(request, file, room, isForm);
        return { image: await load(request, owner, file), fields };
      } finally {
        await file.drop();
      }
    } finally {
      room.end();
    }
  };
};
