import { TaskError, type ProblemCode } from '#contract';
import { ImageError, type ImageFault } from '#imaging';
import { OutboundError, type OutboundFault } from '#outbound';

const imageProblems = {
  unsupportedFormat: 'unsupportedImageFormat',
  damaged: 'invalidInputImage',
  tooLarge: 'maxImageSizeExceeded',
  tooManyScans: 'invalidInputImage',
  unfit: 'incompatibleParameters',
} as const satisfies Record<ImageFault, ProblemCode>;

/** Problems of an image's address. */
const addressProblems = {
  refused: 'invalidInputImageURL',
  unreachable: 'downloadFailed',
  badStatus: 'downloadFailed',
  badAnswer: 'downloadFailed',
  tooLarge: 'maxImageSizeExceeded',
  stopped: 'downloadFailed',
} as const satisfies Record<OutboundFault, ProblemCode>;

/** Other codes for addresses of something else, by parameter. */
const otherProblems: Readonly<Record<string, Partial<Record<OutboundFault, ProblemCode>>>> = {
  uploadEndpoint: { refused: 'invalidUploadEndpoint', unreachable: 'uploadFailed', stopped: 'uploadFailed' },
  webhookURL: { refused: 'invalidWebhookURL' },
};

const ofImage = (cause: ImageError, parameter: string): TaskError => {
  const { kind, subject, what, facts } = cause;
  // The output format is at fault, not the image.
  const blamed = kind === 'unfit' ? 'outputFormat' : parameter;
  const message = `${subject} in '${parameter}' ${what}.`;
  return new TaskError(imageProblems[kind], message, { parameter: blamed, ...facts }, { cause });
};

const ofAddress = (cause: OutboundError, parameter: string): TaskError => {
  const { kind, message, isPassing } = cause;
  const { max, retryAfterMs } = cause.facts;
  const code = otherProblems[parameter]?.[kind] ?? addressProblems[kind];
  const details = { parameter, ...(max !== undefined && { max }) };
  const options = { final: !isPassing, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  return new TaskError(code, message, details, { cause, ...options });
};

/**
 * Runs work on the value of a parameter. An ImageError or OutboundError becomes a TaskError that names the
 * parameter.
 *
 * @throws TaskError in their place; other errors unchanged
 */
export const atParameter = async <T>(parameter: string, work: () => T | Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ImageError) throw ofImage(error, parameter);
    if (error instanceof OutboundError) throw ofAddress(error, parameter);
    throw error;
  }
};
