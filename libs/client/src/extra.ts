import type { Source } from './source.js';
import { newUuid } from './uuid.js';

/** Uploads an image where it must be, and returns the text by which a task names it. */
export type SendSource = (source: Source, uploadUUID: string, signal: AbortSignal) => Promise<string>;

/** An image besides the photo, for one task or for many. It is uploaded once. */
export type Extra = {
  readonly source: Source;
  /**
   * The text by which a task names the image.
   * @throws the faults of the upload, the signal's reason
   */
  readonly text: (signal: AbortSignal) => Promise<string>;
  /** Uploads the image anew for the next task: the server no longer has what this text names. */
  readonly renew: (text: string) => void;
};

type Sending = { readonly signal: AbortSignal; readonly text: Promise<string> };

/** Rejects with the signal's reason once it aborts, whatever becomes of the work. */
const orAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });

export const createExtra = (send: SendSource, source: Source, firstUUID: string): Extra => {
  let uploadUUID = firstUUID;
  let sending: Sending | undefined;
  let lastText: string | undefined;

  const start = (signal: AbortSignal): Sending => {
    const sendNow = async (): Promise<string> => {
      try {
        lastText = await send(source, uploadUUID, signal);
        return lastText;
      } catch (error) {
        // The next task tries again.
        if (sending === started) sending = undefined;
        throw error;
      }
    };
    const started = { signal, text: sendNow() };
    return started;
  };

  const text = async (signal: AbortSignal): Promise<string> => {
    signal.throwIfAborted();
    const current = (sending ??= start(signal));
    try {
      return await orAborted(current.text, signal);
    } catch (error) {
      signal.throwIfAborted();
      // The task that sent it was stopped, and this one was not.
      if (current.signal.aborted) return text(signal);
      throw error;
    }
  };

  return {
    source,
    text,
    renew: (gone) => {
      if (gone !== lastText) return;
      sending = undefined;
      uploadUUID = newUuid();
    },
  };
};
