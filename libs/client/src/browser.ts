import { createClientOn, type Client } from './client.js';
import type { ClientOptions } from './types.js';

/**
 * A client for browsers. Images are URLs, Blobs, bytes or streams.
 *
 * @example const client = createClient({ url: location.origin, apiKey });
 */
export const createClient = (options: ClientOptions): Client => createClientOn({}, options);

export * from './api.js';
