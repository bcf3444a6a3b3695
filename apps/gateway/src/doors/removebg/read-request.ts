import { TaskError } from '#contract';
import type { Owner } from '#database';
import type { FastifyRequest } from 'fastify';
import type { IsImage } from '../../door/json-path.js';
import type { ReceiveImage } from '../../uploads/receive-image.js';
import { byName, type Sent } from '../parameters.js';

const isImage: IsImage = ([name = '', ...more]) =>
  more.length === 0 && (name === 'image_file_b64' || name === 'image_url');

const typeOf = ({ headers }: FastifyRequest): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

/** A browser sends an empty file without a name for a field that was left empty. */
const fileIn = ({ fileName, fileField = 'image_file', image }: Received): Sent => {
  const isAbsent = fileName === undefined || (fileName === '' && image.length === 0);
  return isAbsent ? {} : { [fileField]: image };
};

type Received = Parameters<Parameters<ReceiveImage>[2]>[0];

const requireObject = (body: unknown): Sent => {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Sent;
  throw new TaskError('invalidRequestBody', 'The body must be a JSON object.');
};

/**
 * Reads the parameters of a request in any of the three forms that remove.bg takes, and works on them.
 *
 * @throws TaskError
 */
export const withSentOf = async <T>(
  { receiveImage }: { readonly receiveImage: ReceiveImage },
  request: FastifyRequest,
  owner: Owner,
  work: (sent: Sent, fileName: string) => Promise<T>,
): Promise<T> => {
  const type = typeOf(request);
  if (type === 'multipart/form-data')
    return receiveImage(request, { owner, isForm: true }, (received) =>
      work({ ...byName(received.fields), ...fileIn(received) }, received.fileName ?? ''),
    );
  if (type === 'application/x-www-form-urlencoded')
    return work(byName(await request.server.readForm(request)), '');
  if (type === 'application/json')
    return work(requireObject(await request.server.readObject(request, isImage)), '');
  const message =
    'POST /v1.0/removebg takes multipart/form-data, application/x-www-form-urlencoded or application/json.';
  throw new TaskError('unsupportedContentType', message);
};
