import type { Door } from '../door.js';

/** rembg's server is a FastAPI application, whose errors have a `detail`. */
export const rembgDoor: Door = {
  refuse: ({ code, message }, status) => ({ status, body: { detail: message, code } }),
};
