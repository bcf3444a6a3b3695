import type { Cutout } from '#contract';
import type { Image } from '#database';
import { defaultModelOf, type Catalogue } from '#models';
import { token } from '#nest';
import type { FastifyRequest } from 'fastify';
import { chooseAnswer } from '../../cutout/choose-answer.js';
import { openPicture } from '../../cutout/open-picture.js';
import { pictureHeaders } from '../../cutout/picture-headers.js';
import type { HttpAnswer } from '../../http/send-answer.js';
import type { ReceiveImage } from '../../uploads/receive-image.js';
import { requireNoQuery } from '../parameters.js';
import { removeForDoor, requireRunner, type DoneForDoor, type RemovalNeeds } from '../remove-for-door.js';
import { readRemovebgParameters, type RemovebgAsked } from './read-parameters.js';
import { withSentOf } from './read-request.js';
import { removebgDoor } from './removebg-door.js';

/** Answers `POST /v1.0/removebg` of remove.bg. */
export type RemovebgRemove = (request: FastifyRequest, gone: AbortSignal) => Promise<HttpAnswer>;

export const REMOVEBG_REMOVE = token<RemovebgRemove>('remove.bg remove');

type Needs = RemovalNeeds & { readonly catalogue: Catalogue; readonly receiveImage: ReceiveImage };

/** Credits are USD here. */
const headersOf = ({ cost = 0 }: Cutout, { width, height }: Image, { type, notes }: RemovebgAsked) => ({
  'x-type': type === 'auto' ? 'other' : type,
  'x-width': `${width}`,
  'x-height': `${height}`,
  'x-credits-charged': `${cost}`,
  ...(notes.length > 0 && {
    'x-clearcut-warnings': notes.map((note) => `ignoredParameter;message="${note}"`).join(', '),
  }),
});

const isJsonWanted = ({ headers }: FastifyRequest): boolean =>
  headers.accept !== undefined && chooseAnswer(headers.accept, undefined) === 'JSON';

/** The box of the subject, which only compositions look for. */
const foregroundOf = ({ composition }: Cutout) => {
  if (!composition?.subject) return {};
  const { x, y, width, height } = composition.subject;
  return { foreground_left: x, foreground_top: y, foreground_width: width, foreground_height: height };
};

const answerOf = async (
  needs: Needs,
  asked: RemovebgAsked,
  { cutout, headers }: DoneForDoor,
  fileName: string,
): Promise<HttpAnswer> => {
  const { image, opened } = await openPicture(needs, cutout);
  const told = headersOf(cutout, image, asked);
  if (cutout.imageBase64Data !== undefined) {
    opened.stream.destroy();
    const data = { result_b64: cutout.imageBase64Data, ...foregroundOf(cutout) };
    return { status: 200, headers: { ...headers, ...told }, body: { data } };
  }
  const extension = image.storageKey.slice(image.storageKey.lastIndexOf('.') + 1);
  return {
    status: 200,
    headers: { ...headers, ...pictureHeaders(cutout, fileName, extension), ...told },
    body: { ...opened, contentType: image.contentType },
  };
};

export const createRemovebgRemove =
  (needs: Needs): RemovebgRemove =>
  async (request, gone) => {
    const owner = requireRunner(request, "send it in the header 'X-Api-Key'");
    requireNoQuery(request.url, 'the address takes none; parameters go into the body');
    const isJson = isJsonWanted(request);
    return withSentOf(needs, request, owner, async (sent, fileName) => {
      const asked = readRemovebgParameters(sent);
      const parameters = {
        model: defaultModelOf(needs.catalogue).air,
        ...(isJson && { outputType: 'base64Data' }),
        ...asked.parameters,
      };
      const asking = { door: removebgDoor, names: asked.names, owner, parameters, gone };
      return removeForDoor(needs, asking, (done) => answerOf(needs, asked, done, fileName));
    });
  };
