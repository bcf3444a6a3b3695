import { atParameter, tryAgain } from '#boundary';
import { TaskError } from '#contract';
import { isPassing, isSuccess, type Outbound, type Sent } from '#outbound';

export type Upload = { readonly url: string; readonly bytes: Uint8Array; readonly contentType: string };

/** The waits between the tries, of which there is one more. */
const DELAYS_MS = [500, 1_000, 2_000] as const;
const TIMEOUT_MS = 30_000;

const parameter = 'uploadEndpoint';

/** @throws TaskError uploadFailed for every status except 2xx */
const requireSuccess = ({ status, retryAfterMs }: Sent): void => {
  if (isSuccess(status)) return;
  const options = { final: !isPassing(status), ...(retryAfterMs !== undefined && { retryAfterMs }) };
  throw new TaskError('uploadFailed', `It answers with status ${status}.`, { parameter }, options);
};

/**
 * Sends the result to the task's uploadEndpoint by PUT, and tries again while that may help. A later attempt of
 * the task sends the same bytes again.
 *
 * @throws TaskError `uploadFailed` or `invalidUploadEndpoint`, or the signal's reason
 */
export const uploadResult = ({ send }: Pick<Outbound, 'send'>, delaysMs: readonly number[] = DELAYS_MS) => {
  const say = ({ code, message }: TaskError, tries: number): string =>
    code === 'uploadFailed'
      ? `The 'uploadEndpoint' did not take the result, try ${tries} of ${delaysMs.length + 1}. ${message}`
      : message;

  return ({ url, bytes: body, contentType }: Upload, signal: AbortSignal): Promise<void> => {
    const request = {
      method: 'PUT',
      url,
      body,
      contentType,
      timeoutMs: TIMEOUT_MS,
      label: parameter,
    } as const;
    const put = async () => requireSuccess(await atParameter(parameter, () => send(request, signal)));
    return tryAgain(put, { delaysMs, say }, signal);
  };
};
