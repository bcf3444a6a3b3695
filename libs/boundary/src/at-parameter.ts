import { TaskError, type ProblemCode } from '#contract';
import { ImageError, type ImageFault } from '#imaging';
import { OutboundError, type OutboundFault } from '#outbound';

const imageProblems = {
  unsupportedFormat: 'unsupportedImageFormat',
  damaged: 'invalidInputImage',
  tooLarge: 'maxImageSizeExceeded',
  unfit: 'incompatibleParameters',
} as const satisfies Record<ImageFault, ProblemCode>;

/** Of the address of an image. */
const addressProblems = {
  refused: 'invalidInputImageURL',
  unreachable: 'downloadFailed',
  badStatus: 'downloadFailed',
  badAnswer: 'downloadFailed',
  tooLarge: 'maxImageSizeExceeded',
  stopped: 'downloadFailed',
} as const satisfies Record<OutboundFault, ProblemCode>;

/** What is called otherwise where the address is of something else. */
const otherProblems: Readonly<Record<string, Partial<Record<OutboundFault, ProblemCode>>>> = {
  uploadEndpoint: { refused: 'invalidUploadEndpoint', unreachable: 'uploadFailed', stopped: 'uploadFailed' },
  webhookURL: { refused: 'invalidWebhookURL' },
};

const ofImage = (cause: ImageError, parameter: string): TaskError => {
  const { kind, subject, what, facts } = cause;
  // It is the output format that asks for too much, not the image.
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
 * Works with something that came in a parameter of a request. The edges say what is wrong with an image or an
 * address; here it becomes a problem of the API that names the parameter.
 *
 * @throws TaskError in place of an ImageError or OutboundError; other errors as they are
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
