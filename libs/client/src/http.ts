import { ConnectionError, toTaskError } from './errors.js';
import { retryAfterOf } from './retry-after.js';
import type { ErrorItem } from './wire.js';

/** An item of `data` in an answer. */
export type Item = Readonly<Record<string, unknown>>;

/** Requests to the API, each sent once. */
export type Http = {
  /**
   * Sends one task.
   * @returns the items about it
   * @throws TaskError for the answer's errors, ConnectionError without an answer, the signal's reason
   */
  readonly post: (task: object, signal: AbortSignal) => Promise<readonly Item[]>;
  /** Sends an object to another address. @throws as `post` */
  readonly postTo: (path: string, body: object, signal: AbortSignal) => Promise<readonly Item[]>;
  /** Sends a body as it is. @throws as `post` */
  readonly put: (path: string, body: Blob, signal: AbortSignal) => Promise<readonly Item[]>;
  /** @throws as `post` */
  readonly get: (path: string, signal: AbortSignal) => Promise<readonly Item[]>;
  /** Sends DELETE. @throws as `post` */
  readonly remove: (path: string, signal: AbortSignal) => Promise<readonly Item[]>;
  /** The bytes of an answer that is no JSON. @throws as `post` */
  readonly open: (path: string, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
  /** Reads what is at an address that a result gave. @throws ConnectionError, the signal's reason */
  readonly download: <T>(
    url: string,
    read: (response: Response) => Promise<T>,
    signal: AbortSignal,
  ) => Promise<T>;
};

type Settings = {
  /** Without the path of the API. */
  readonly root: string;
  readonly apiKey: string | undefined;
  readonly fetch: typeof globalThis.fetch;
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Some hosts answer a single `error` in place of `errors`. */
const errorsIn = ({ errors, error }: Record<string, unknown>): readonly ErrorItem[] =>
  (Array.isArray(errors) ? errors : isRecord(error) ? [error] : []) as readonly ErrorItem[];

const itemsOf = (response: Response, text: string, where: string): readonly Item[] => {
  const { status } = response;
  const retryAfterS = retryAfterOf(response.headers);
  const body = parse(text);
  const [first, ...others] = isRecord(body) ? errorsIn(body) : [];
  if (first) throw toTaskError([first, ...others], status, retryAfterS);
  if (response.ok && isRecord(body) && Array.isArray(body['data'])) return body['data'] as Item[];
  const code = 'unreadableAnswer';
  throw new ConnectionError(code, `${where} answered ${status}, but not as the API does.`, {
    status,
    retryAfterS,
  });
};

/** fetch hides its reason in the causes. */
const reasonOf = (error: unknown): string => {
  if (!isRecord(error)) return String(error);
  const { cause, code, message } = error;
  if (isRecord(cause)) return reasonOf(cause);
  return typeof code === 'string' ? code : String(message);
};

/** fetch throws TypeErrors, which may be those of another realm. */
const isOfFetch = (error: unknown): boolean => isRecord(error) && error['name'] === 'TypeError';

/** A cut connection becomes a ConnectionError; a signal's reason stays what it is. */
const connected = async <T>(where: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
  try {
    signal.throwIfAborted();
    return await work();
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (!isOfFetch(cause)) throw cause;
    throw new ConnectionError('connectionFailed', `${where} cannot be reached: ${reasonOf(cause)}.`, {
      cause,
    });
  }
};

export const createHttp = ({ root, apiKey, fetch }: Settings): Http => {
  const authorization: Record<string, string> = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
  const where = new URL(root).host;

  const send = (path: string, init: RequestInit, signal: AbortSignal) =>
    connected(where, signal, async () => {
      const headers = { ...authorization, ...(init.headers as Record<string, string> | undefined) };
      const response = await fetch(`${root}${path}`, { ...init, headers, signal });
      return itemsOf(response, await response.text(), where);
    });

  const postTo: Http['postTo'] = (path, body, signal) => {
    const headers = { 'content-type': 'application/json' };
    return send(path, { method: 'POST', headers, body: JSON.stringify(body) }, signal);
  };

  return {
    post: (task, signal) => postTo('/v1', [task], signal),
    postTo,
    put: (path, body, signal) => {
      const headers = { 'content-type': 'application/octet-stream' };
      return send(path, { method: 'PUT', headers, body }, signal);
    },
    get: (path, signal) => send(path, {}, signal),
    remove: (path, signal) => send(path, { method: 'DELETE' }, signal),
    open: (path, signal) =>
      connected(where, signal, async () => {
        const response = await fetch(`${root}${path}`, { headers: authorization, signal });
        if (response.ok && response.body) return response.body;
        itemsOf(response, await response.text(), where);
        throw new ConnectionError(
          'unreadableAnswer',
          `${where} answered ${response.status} without a body.`,
          {
            status: response.status,
          },
        );
      }),
    download: (url, read, signal) => {
      const { host } = new URL(url);
      return connected(host, signal, async () => {
        const response = await fetch(url, { signal });
        if (response.ok) return read(response);
        await response.body?.cancel();
        const { status, headers } = response;
        const code = status === 404 || status === 410 ? 'mediaExpired' : 'unreadableAnswer';
        const facts = { status, retryAfterS: retryAfterOf(headers) };
        throw new ConnectionError(code, `${host} answered ${status} for the image.`, facts);
      });
    },
  };
};
