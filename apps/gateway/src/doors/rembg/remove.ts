import { TaskError, type ImageText } from '#contract';
import type { Owner } from '#database';
import type { Catalogue } from '#models';
import { token } from '#nest';
import type { FastifyRequest } from 'fastify';
import { openPicture } from '../../cutout/open-picture.js';
import { pictureHeaders } from '../../cutout/picture-headers.js';
import { methodNotAllowed } from '../../http/allowed-methods.js';
import type { HttpAnswer } from '../../http/send-answer.js';
import { queryIn } from '../../tasks/dry-run.js';
import type { ReceiveImage } from '../../uploads/receive-image.js';
import { byName, requireUrl, textIn, type Sent } from '../parameters.js';
import { removeForDoor, requireRunner, type RemovalNeeds } from '../remove-for-door.js';
import { missingSource, readRembgParameters, rembgNames } from './read-parameters.js';
import { rembgDoor } from './rembg-door.js';

/** Answers `GET` and `POST /api/remove` of rembg's server. */
export type RembgRemove = (request: FastifyRequest, gone: AbortSignal) => Promise<HttpAnswer>;

export const REMBG_REMOVE = token<RembgRemove>('rembg remove');

type Needs = RemovalNeeds & { readonly catalogue: Catalogue; readonly receiveImage: ReceiveImage };

type Asked = {
  readonly owner: Owner;
  readonly sent: Sent;
  readonly image: ImageText;
  /** The parameter that held the image. */
  readonly parameter: 'file' | 'url';
  readonly fileName?: string | undefined;
};

const remove = (needs: Needs, asked: Asked, gone: AbortSignal): Promise<HttpAnswer> => {
  const { owner, sent, image, parameter, fileName = '' } = asked;
  const parameters = { ...readRembgParameters(sent, needs.catalogue), inputImage: image };
  const asking = { door: rembgDoor, names: rembgNames(parameter), owner, parameters, gone };
  return removeForDoor(needs, asking, async ({ cutout, headers }) => {
    const { image: stored, opened } = await openPicture(needs, cutout);
    return {
      status: 200,
      headers: { ...headers, ...pictureHeaders(cutout, fileName, 'png') },
      body: { ...opened, contentType: stored.contentType },
    };
  });
};

const isForm = ({ headers }: FastifyRequest) =>
  /^\s*multipart\/form-data\s*;/i.test(headers['content-type'] ?? '');

const requireForm = (request: FastifyRequest) => {
  if (isForm(request)) return;
  const message = "POST /api/remove takes a form: curl -F file=@photo.jpg, and '?url=' is for GET.";
  throw new TaskError('unsupportedContentType', message);
};

export const createRembgRemove =
  (needs: Needs): RembgRemove =>
  async (request, gone) => {
    const owner = requireRunner(request, "send it in the header 'x-api-key'");
    const query = [...queryIn(request.url)];
    // FastAPI, by which rembg serves, has no HEAD either.
    if (request.method === 'HEAD') throw methodNotAllowed(['GET', 'POST']);
    if (request.method === 'GET') {
      const sent = byName(query);
      if (textIn(sent, 'url') === undefined)
        throw missingSource('url', "name its address in 'url', or send a form by POST");
      return remove(needs, { owner, sent, image: requireUrl(sent, 'url'), parameter: 'url' }, gone);
    }
    requireForm(request);
    return needs.receiveImage(request, { owner, isForm: true }, async ({ fields, image, fileName }) => {
      if (fileName === undefined) throw missingSource('file', 'send it as a file in a form');
      const sent = byName([...query, ...fields]);
      return remove(needs, { owner, sent, image, parameter: 'file', fileName }, gone);
    });
  };
