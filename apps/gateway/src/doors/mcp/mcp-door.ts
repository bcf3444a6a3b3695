import type { Door } from '../door.js';

/** JSON-RPC: errors of a request as a whole have no id. */
const SERVER_ERROR = -32_000;

export const mcpDoor: Door = {
  refuse: ({ code, message }, status) => ({
    status,
    body: { jsonrpc: '2.0', id: null, error: { code: SERVER_ERROR, message, data: { code } } },
  }),
};
