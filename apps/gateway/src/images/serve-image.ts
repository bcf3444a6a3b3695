import { finished } from 'node:stream/promises';
import { isUuid, TaskError } from '#contract';
import { databaseNow, findImage, isExpired, type Database, type Image } from '#database';
import { token } from '#nest';
import type { ImageQuery, ImageSignatures } from '#secrets';
import type { OpenedImage, Place, Storage } from '#storage';
import type { FastifyReply } from 'fastify';
import { problemBody, type ProblemBody } from '../http/problem-body.js';
import { createOwnerPlaces } from '../tasks/owner-places.js';
import { createCleanOriginal } from './clean-original.js';

/** The bytes of an image in an object store, for a caller that may not follow a redirect. */
type Proxied = {
  readonly kind: 'proxied';
  /** Opens the image until `use` is over. */
  readonly withImage: (use: (image: OpenedImage) => Promise<void>) => Promise<void>;
};

/** Where the bytes of an image are, or `gone` when it was deleted. */
type Found = (Place | Proxied) & { readonly contentType: string; readonly maxAgeS: number };
export type FoundImage = Found | { readonly kind: 'gone'; readonly body: ProblemBody };

type Asked = {
  readonly name: string;
  readonly method: string;
  readonly query: ImageQuery & { readonly proxied?: unknown };
};

/**
 * Looks an image up by the name in its address.
 *
 * @throws TaskError mediaNotFound when there never was such an image, permissionDenied without a valid signature
 * where there must be one
 */
export type FindImage = (asked: Asked) => Promise<FoundImage>;

export const noSuchImage = (): TaskError => new TaskError('mediaNotFound', 'There is no such image.');
export const imageGone = (): TaskError => new TaskError('mediaExpired', 'The image was deleted.');
const addressOver = (): TaskError =>
  new TaskError(
    'permissionDenied',
    'This address of an image is not signed, or its time is over: getResponse gives a new one.',
  );

export const FIND_IMAGE = token<FindImage>('find image');

type Needs = {
  readonly database: Database;
  readonly storage: Pick<Storage, 'locate' | 'open' | 'read' | 'write' | 'remove'>;
  /** Undefined where addresses need no signature. */
  readonly signatures: ImageSignatures | undefined;
  readonly config: { readonly PUBLIC_URL: string };
};

/** A deletion cannot reach what clients keep. They ask again after this time, and mostly hear that nothing changed. */
const MAX_AGE_S = 300;

/** Each holds a connection to the store until its caller has the image. */
const PROXIED_PLACES = { inAll: 8, perOwner: 4 } as const;

const maxAgeOf = ({ expiresAt }: Image, now: Date): number => {
  const leftS = expiresAt === null ? MAX_AGE_S : (expiresAt.getTime() - now.getTime()) / 1000;
  return Math.max(0, Math.min(MAX_AGE_S, Math.floor(leftS)));
};

export const createFindImage = ({ database, storage, signatures, config }: Needs): FindImage => {
  const cleanOriginal = createCleanOriginal({ database, storage });
  const places = createOwnerPlaces(PROXIED_PLACES.inAll, PROXIED_PLACES.perOwner);

  const proxied = ({ ownerId, storageKey }: Image): Proxied => ({
    kind: 'proxied',
    withImage: (use) => places(ownerId, async () => use(await storage.open(storageKey))),
  });

  const find = async (
    image: Image,
    maxAgeS: number,
    { method, query }: Omit<Asked, 'name'>,
  ): Promise<Found> => {
    const { contentType, storageKey } = image;
    const asked = { method: method === 'HEAD' ? 'HEAD' : 'GET', contentType, maxAgeS } as const;
    const place = await storage.locate(storageKey, asked);
    const isProxied = place.kind === 'elsewhere' && asked.method === 'GET' && query.proxied !== undefined;
    return { ...(isProxied ? proxied(image) : place), contentType, maxAgeS };
  };

  return async ({ name, method, query }) => {
    if (signatures && !signatures.isValid(name, query)) throw addressOver();
    const [id] = name.split('.', 1);
    const known = isUuid(id) && (await findImage(database, id));
    if (!known || !known.storageKey.endsWith(name)) throw noSuchImage();
    const now = await databaseNow(database);
    const image = isExpired(known, now) ? null : await cleanOriginal(known);
    if (!image || isExpired(image, now))
      return { kind: 'gone', body: problemBody(imageGone(), config.PUBLIC_URL) };
    return find(image, maxAgeOf(image, now), { method, query });
  };
};

/** Nothing in an image may run in a browser. Scripts of other pages may read it as CORS_ORIGINS says. */
const headers = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
};

/** Not the 404 of the error's code: on 410, caches and crawlers forget the address. */
const GONE = 410;

/** Resolves when the caller has the image, or is gone. */
const sendWhole = async (reply: FastifyReply, { bytes, stream }: OpenedImage): Promise<void> => {
  void reply.header('content-length', bytes).send(stream);
  // A caller that leaves is no fault.
  await finished(reply.raw).catch(() => undefined);
};

export const sendImage = async (reply: FastifyReply, found: FoundImage): Promise<void> => {
  if (found.kind === 'gone') {
    await reply.status(GONE).send(found.body);
  } else if (found.kind === 'elsewhere') {
    // The address in the object store expires within minutes, so the redirect must not be cached.
    await reply.headers({ ...headers, 'cache-control': 'no-store' }).redirect(found.url, 302);
  } else {
    const caching = { 'cache-control': `private, max-age=${found.maxAgeS}` };
    reply.headers({ ...headers, ...caching }).type(found.contentType);
    if (found.kind === 'file') await reply.sendFile(found.name, found.root);
    else await found.withImage((image) => sendWhole(reply, image));
  }
};
