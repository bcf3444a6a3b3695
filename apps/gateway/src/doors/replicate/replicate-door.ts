import { problems } from '#contract';
import type { Door } from '../door.js';

/** Older clients send `Authorization: Token <key>`. */
export const replicateDoor: Door = {
  scheme: 'Token',
  refuse: ({ code, message }, status) => ({
    // Their word for a fault in the input.
    status: status === 400 ? 422 : status,
    body: { title: problems[code].title, detail: message, status: status === 400 ? 422 : status, code },
  }),
};
