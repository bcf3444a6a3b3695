import { createClientOn, type Client } from './client.js';
import { files } from './files.js';
import type { ClientOptions } from './types.js';

/**
 * A client for Node. Images are also paths of files, and results are saved by `cutout.save(path)`.
 *
 * @example const client = createClient({ url: 'http://127.0.0.1:3000', apiKey });
 */
export const createClient = (options: ClientOptions): Client => createClientOn(files, options);

export * from './api.js';
export { writeWhole } from './files.js';
export { openManifest } from './manifest-file.js';
