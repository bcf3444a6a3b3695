import { EnvHttpProxyAgent, interceptors, request, type Dispatcher } from 'undici';

/** A dead connection is given up after this long without a byte. */
const idleMs = 60_000;
const maxRedirections = 5;

export type HttpClient = {
  readonly get: (
    url: string,
    headers: Record<string, string>,
    signal?: AbortSignal,
  ) => Promise<Dispatcher.ResponseData>;
  readonly close: () => Promise<void>;
};

/**
 * A client for addresses that the operator or the catalogue names. It honours HTTP_PROXY, HTTPS_PROXY and
 * NO_PROXY, and follows redirects with the headers kept, since releases and CDNs redirect every download.
 */
export const createHttpClient = (timeoutMs = idleMs): HttpClient => {
  const agent = new EnvHttpProxyAgent({ headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections }));

  return {
    get: (url, headers, signal) => request(url, { dispatcher, headers, ...(signal && { signal }) }),
    close: () => agent.destroy(),
  };
};
