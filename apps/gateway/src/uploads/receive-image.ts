import { createHash, type Hash } from 'node:crypto';
import type { ServiceConfig } from '#config';
import { ImageFile, MAX_IMAGE_BYTES, TaskError } from '#contract';
import type { Owner } from '#database';
import { token } from '#nest';
import type { FastifyRequest } from 'fastify';
import { openBody, paceOf, tooLarge, type Pace } from '../door/body.js';
import type { IntakeMemory } from '../door/intake-memory.js';
import { BODY_WAIT_MS, SPOOL_MEMORY_BYTES, type Spool, type Spooled } from '../door/spool.js';
import { openForm, type FormContent, type FormFile } from './multipart.js';

/** The images, the first empty when no file came, and the form around them. Whoever takes them over releases their bytes. */
export type Received = FormContent & {
  readonly image: ImageFile;
  /** Images besides the first, by their parameters. */
  readonly further: ReadonlyMap<string, ImageFile>;
};

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

/** The heads and fields of a form around its files. */
const FORM_BYTES = 64 * 1024;

/** A file, and where its bytes lie. */
type Landed = { readonly as: FormFile; readonly hash: Hash; readonly start: number; end: number };

/** Stands for the image of a form that has none. */
const emptyAt = (at: number): Landed => ({ as: 'image', hash: createHash('sha256'), start: at, end: at });

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
    const files: Landed[] = [];
    const begin = (as: FormFile) => {
      const landed = { as, hash: createHash('sha256'), start: spooled.length(), end: spooled.length() };
      files.push(landed);
      return async (piece: Uint8Array) => {
        landed.hash.update(piece);
        spooled.push(piece);
        landed.end = spooled.length();
        await spooled.settle();
      };
    };
    const form = isForm ? openForm(request.headers['content-type'] ?? '', begin) : undefined;
    const maxBytes = MAX_IMAGE_BYTES + (isForm ? FORM_BYTES : 0);
    const isCrowded = () => memory.isCrowded() || spool.isCrowded();
    const body = openBody(request.raw, { maxBytes, pace, isCrowded, take: form?.feed ?? begin('image') });
    await body.readTo(Infinity);
    const content = form ? await form.end() : { fields: [], fileName: '' };
    await spooled.finish();
    let left = files.length;
    const release = () => {
      if (--left > 0) return;
      request.lease?.keep(0);
      void spooled.drop();
    };
    const fileOf = ({ start, end, hash }: Landed) =>
      new ImageFile(spooled.imageAt(start, end, hash.digest('hex')), release);
    const first = files.find(({ as }) => as === 'image') ?? emptyAt(spooled.length());
    const others = files.flatMap((file) =>
      file.as === 'image' ? [] : [[file.as.parameter, fileOf(file)] as const],
    );
    return { image: fileOf(first), further: new Map(others), ...content };
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
