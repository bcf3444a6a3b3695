import { problems, type ProblemCode } from '#contract';
import type { Door } from '../door.js';

/** Codes of remove.bg that mean the same. Others are ours in its spelling. */
const codes: Partial<Record<ProblemCode, string>> = {
  missingApiKey: 'auth_failed',
  invalidApiKey: 'auth_failed',
  missingInputImage: 'missing_source',
  unsupportedImageFormat: 'invalid_file_type',
  maxImageSizeExceeded: 'resolution_too_high',
  maxBodySizeExceeded: 'file_too_large',
};

/** `invalidInputImageURL` → `invalid_input_image_url`. */
const spelled = (code: string) => code.replaceAll(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`);

/** remove.bg answers 403 to a wrong key. */
const statusOf = (status: number) => (status === 401 ? 403 : status);

export const removebgDoor: Door = {
  refuse: ({ code, message }, status) => ({
    status: statusOf(status),
    body: { errors: [{ title: problems[code].title, code: codes[code] ?? spelled(code), detail: message }] },
  }),
};
