import type { JobRequest } from '#client';
import { UsageError } from '../command.js';

const objectIn = (text: string): object | undefined => {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
};

/**
 * The parameters that the images of a job share.
 * @param text an object in JSON @throws UsageError
 */
export const readOptions = (
  model: string | undefined,
  text: string | undefined,
  usage: string,
): JobRequest['options'] => {
  const parsed = objectIn(text ?? '{}');
  if (parsed) return { model: 'runware:109@1', ...parsed, ...(model && { model }) };
  throw new UsageError(`--options takes an object in JSON, such as '{"outputFormat":"WEBP"}'.`, usage);
};
