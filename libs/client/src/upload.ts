import { ConnectionError, isGone, TaskError } from './errors.js';
import type { Http, Item } from './http.js';
import { tryAgain, type Again } from './retry.js';

export type Uploaded = { readonly imageUUID: string; readonly imageURL: string | undefined };

/** Whether the server has what Runware has not. Turns false once it refuses. */
export type Extensions = { on: boolean };

const BASE64_SLICE = 3 * 8192;

const toBase64 = async (blob: Blob): Promise<string> => {
  const data = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (let at = 0; at < data.length; at += BASE64_SLICE)
    text += btoa(String.fromCharCode(...data.subarray(at, at + BASE64_SLICE)));
  return text;
};

/** The answers of a server that has no such address. */
const isMissing = (error: unknown): boolean => {
  if (!(error instanceof ConnectionError) && !(error instanceof TaskError)) return false;
  return [405, 501].includes(error.status ?? 0) || (error.status === 404 && !isGone(error));
};

const uploadedOf = ([item]: readonly Item[]): Uploaded => {
  const imageUUID = item?.['imageUUID'];
  if (typeof imageUUID !== 'string')
    throw new ConnectionError('unreadableAnswer', 'The answer to the upload names no image.', {
      status: 200,
    });
  const imageURL = item?.['imageURL'];
  return { imageUUID, imageURL: typeof imageURL === 'string' ? imageURL : undefined };
};

/**
 * Stores an image. The same upload may be sent again: it has a UUID, by which the server knows it.
 *
 * @throws TaskError, ConnectionError, the signal's reason
 */
export const upload = (http: Http, extensions: Extensions, again: Again) => {
  const asFile = (uploadUUID: string, blob: Blob) =>
    tryAgain(() => http.put(`/v1/images/${uploadUUID}`, blob, again.signal), again);

  const asTask = async (uploadUUID: string, blob: Blob) => {
    const task = { taskType: 'imageUpload', taskUUID: uploadUUID };
    const image = `data:application/octet-stream;base64,${await toBase64(blob)}`;
    return tryAgain(() => http.post({ ...task, image }, again.signal), again);
  };

  return async (uploadUUID: string, blob: Blob): Promise<Uploaded> => {
    if (!extensions.on) return uploadedOf(await asTask(uploadUUID, blob));
    try {
      return uploadedOf(await asFile(uploadUUID, blob));
    } catch (error) {
      if (!isMissing(error)) throw error;
      extensions.on = false;
      again.onNotice?.(
        'This server takes no files, so images are sent in base64, and without its extensions.',
      );
      return uploadedOf(await asTask(uploadUUID, blob));
    }
  };
};
