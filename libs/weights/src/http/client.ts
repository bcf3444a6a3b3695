import { EnvHttpProxyAgent, interceptors, request, type Dispatcher } from 'undici';

/** A connection is dropped after this long without a byte. */
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
 * A client for addresses of the operator and the catalogue. It uses HTTP_PROXY, HTTPS_PROXY and NO_PROXY, and follows
 * redirects with all headers, since releases and CDNs redirect every download.
 */
export const createHttpClient = (timeoutMs = idleMs): HttpClient => {
  const agent = new EnvHttpProxyAgent({ headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections }));

  return {
    get: (url, headers, signal) => request(url, { dispatcher, headers, ...(signal && { signal }) }),
    close: () => agent.destroy(),
  };
};
