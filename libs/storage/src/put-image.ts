import { Readable } from 'node:stream';
import { PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { ImageBytes } from '#contract';

const PIECE_BYTES = 256 * 1024;

/** Each piece has memory of its own, since a socket keeps what it cannot send yet. */
async function* piecesOf(image: ImageBytes) {
  for (let at = 0; at < image.length; at += PIECE_BYTES) yield image.read(at, at + PIECE_BYTES);
}

const streamOf = (image: ImageBytes) =>
  Readable.from(piecesOf(image), { objectMode: false, highWaterMark: 1 });

/**
 * The request that stores an image. One that lies in a file is sent piece by piece. Each try begins a stream of its own,
 * as the SDK tries no request again whose body is a stream.
 *
 * @param onUnreadable is called when the image cannot be read. The SDK does not notice it.
 */
export const putImage = (
  place: Pick<PutObjectCommandInput, 'Bucket' | 'Key'>,
  image: ImageBytes,
  onUnreadable: (error: Error) => void,
): PutObjectCommand => {
  if (image.whole) return new PutObjectCommand({ ...place, Body: image.whole });
  const command = new PutObjectCommand({ ...place, Body: '', ContentLength: image.length });
  command.middlewareStack.add(
    (next) => (args) => {
      // The signature covers the bytes without reading them.
      const { headers } = args.request as { headers: Record<string, string> };
      headers['x-amz-content-sha256'] = image.sha256 ?? 'UNSIGNED-PAYLOAD';
      return next(args);
    },
    { step: 'build' },
  );
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as object;
      const sent: object = Object.assign(Object.create(Object.getPrototypeOf(request)), request, {
        body: streamOf(image).once('error', onUnreadable),
      });
      return next({ ...args, request: sent });
    },
    { step: 'deserialize', priority: 'low' },
  );
  return command;
};
