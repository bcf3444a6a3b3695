import { isUuid, TaskError } from '#contract';
import { databaseNow, findImage, isExpired, type Database } from '#database';
import { token } from '#nest';
import type { Place, Storage } from '#storage';
import type { FastifyReply } from 'fastify';
import { problemBody, type ProblemBody } from '../http/problem-body.js';

/** Where the bytes of an image are, or `gone` when it was deleted. */
type Found = Place & { readonly contentType: string };
export type FoundImage = Found | { readonly kind: 'gone'; readonly body: ProblemBody };

/**
 * Looks an image up by the name in its address.
 *
 * @throws TaskError mediaNotFound when there never was such an image
 */
export type FindImage = (name: string, method: string) => Promise<FoundImage>;

export const noSuchImage = (): TaskError => new TaskError('mediaNotFound', 'There is no such image.');
export const imageGone = (): TaskError => new TaskError('mediaExpired', 'The image was deleted.');

export const FIND_IMAGE = token<FindImage>('find image');

type Needs = {
  readonly database: Database;
  readonly storage: Pick<Storage, 'locate'>;
  readonly config: { readonly PUBLIC_URL: string };
};

export const createFindImage =
  ({ database, storage, config }: Needs): FindImage =>
  async (name, method) => {
    const [id] = name.split('.', 1);
    const image = isUuid(id) && (await findImage(database, id));
    if (!image || !image.storageKey.endsWith(name)) throw noSuchImage();
    if (isExpired(image, await databaseNow(database)))
      return { kind: 'gone', body: problemBody(imageGone(), config.PUBLIC_URL) };
    const { contentType, storageKey } = image;
    const place = await storage.locate(storageKey, {
      method: method === 'HEAD' ? 'HEAD' : 'GET',
      contentType,
    });
    return { ...place, contentType };
  };

/** An image never changes under its address, and nothing in it may run in a browser. */
const headers = {
  'cache-control': 'public, max-age=31536000, immutable',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'access-control-allow-origin': '*',
};

/** Not the 404 of the error's code: on 410, caches and crawlers forget the address. */
const GONE = 410;

export const sendImage = async (reply: FastifyReply, found: FoundImage): Promise<void> => {
  if (found.kind === 'gone') {
    await reply.status(GONE).send(found.body);
  } else if (found.kind === 'elsewhere') {
    // The address in the object store expires within minutes, so the redirect must not be cached.
    await reply.headers({ ...headers, 'cache-control': 'no-store' }).redirect(found.url, 302);
  } else await reply.headers(headers).type(found.contentType).sendFile(found.name, found.root);
};
