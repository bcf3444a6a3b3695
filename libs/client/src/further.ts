import type { Runner } from './runner.js';
import { openSource } from './source.js';
import type { ImageInput, Platform, RemoveOptions, Task } from './types.js';
import { upload } from './upload.js';
import { newUuid } from './uuid.js';

/** A composition as it is sent. */
export type SendCompose = (
  compose: RemoveOptions['compose'],
  signal: AbortSignal,
) => Promise<Pick<Task, 'compose'>>;

/** Uploads the background of a composition where it must be. The same image is uploaded once for all tasks. */
export const createSendCompose = ({ http, extensions, again }: Runner, platform: Platform): SendCompose => {
  const known = new Map<ImageInput, Promise<string>>();

  const send = async (image: ImageInput, signal: AbortSignal): Promise<string> => {
    const source = await openSource(image, platform);
    if (source.kind === 'named') return source.text;
    return (await upload(http, extensions, { ...again, signal })(newUuid(), source.blob)).imageUUID;
  };
  /** A failed upload is tried again by the next task. */
  const textOf = async (image: ImageInput, signal: AbortSignal): Promise<string> => {
    const sending = known.get(image) ?? send(image, signal);
    known.set(image, sending);
    try {
      return await sending;
    } catch (error) {
      if (known.get(image) === sending) known.delete(image);
      throw error;
    }
  };

  return async (compose, signal) => {
    if (!compose) return {};
    const { background, ...others } = compose;
    if (!background) return { compose: others };
    const { image, ...ground } = background;
    const sent = image === undefined ? ground : { ...ground, image: await textOf(image, signal) };
    return { compose: { ...others, background: sent } };
  };
};
