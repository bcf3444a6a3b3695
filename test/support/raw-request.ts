import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

type RawReply = {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
};
type RawOptions = {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
};

/** Requests a path exactly as written. `fetch` would resolve dots and refuse malformed paths. */
export const rawRequest = (
  url: string,
  path: string,
  { method = 'GET', headers = {}, body }: RawOptions = {},
): Promise<RawReply> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { path, method, headers }, (response) => {
      text(response)
        .then((text) => resolve({ status: response.statusCode, headers: response.headers, text }))
        .catch(reject);
    });
    asked.once('error', reject);
    asked.end(body);
  });
