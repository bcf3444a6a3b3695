import type { ErrorItem } from '#contract';
import type { Door } from '../door.js';

/** A fault in the input, as a list, which clients read as such. */
const detailOf = ({ code, message, parameter }: ErrorItem) => [
  { loc: ['body', ...(parameter === undefined ? [] : [parameter])], msg: message, type: code },
];

export const falDoor: Door = {
  scheme: 'Key',
  refuse: (error, status) =>
    status === 400
      ? { status: 422, body: { detail: detailOf(error) } }
      : { status, body: { detail: error.message } },
};
