import type { IncomingMessage } from 'node:http';

/** The `proxyUrl` of fal's client. */
const PROXY = '/fal/proxy';
const QUEUE_HOST = 'queue.fal.run';
/** Leads nowhere, which is told in the form of fal. */
const NOWHERE = '/fal-ai/proxy';

/**
 * The address that a request means. fal's client sends every request to its `proxyUrl`, and names the address at fal in a
 * header. Only addresses of the queue are here.
 */
export const falAddressOf = ({ url = '/', headers }: IncomingMessage): string => {
  const target = headers['x-fal-target-url'];
  if (url.split('?', 1)[0] !== PROXY) return url;
  if (typeof target !== 'string' || !URL.canParse(target)) return NOWHERE;
  const { host, pathname, search } = new URL(target);
  return host === QUEUE_HOST && pathname.startsWith('/fal-ai/') ? `${pathname}${search}` : NOWHERE;
};
