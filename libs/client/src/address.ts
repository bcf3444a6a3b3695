import { InputError } from './errors.js';

const RUNWARE = /^https?:\/\/([\w-]+\.)*runware\.ai$/i;

/** The address of a server without the path of the API. @throws InputError */
export const rootOf = (url: string): string => {
  if (!URL.canParse(url) || !/^https?:/i.test(url))
    throw new InputError('invalidInput', `'${url}' is no http(s) address of a server.`);
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}`;
};

/** Whether it is Runware's own host, which has none of our extensions. */
export const isRunware = (root: string): boolean => RUNWARE.test(root);

/** Runware has a host of its own for WebSockets. */
export const socketUrlOf = (root: string): string =>
  isRunware(root) ? 'wss://ws-api.runware.ai/v1' : `${root.replace(/^http/i, 'ws')}/v1`;
