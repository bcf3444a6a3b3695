import { TaskError, type ProblemCode } from '#contract';
import { ImageError, type ImageFault } from '#imaging';
import { OutboundError, type OutboundFault } from '#outbound';

const imageProblems = {
  unsupportedFormat: 'unsupportedImageFormat',
  damaged: 'invalidInputImage',
  tooLarge: 'maxImageSizeExceeded',
  tooManyScans: 'invalidInputImage',
  undecodable: 'invalidInputImage',
  unfit: 'incompatibleParameters',
} as const satisfies Record<ImageFault, ProblemCode>;

/** Without our own trouble, which is not blamed on an address. */
type CallersFault = Exclude<OutboundFault, 'proxyAway'>;

/** Problems of an image's address. */
const addressProblems = {
  refused: 'invalidInputImageURL',
  unreachable: 'downloadFailed',
  untrusted: 'downloadFailed',
  badStatus: 'downloadFailed',
  badAnswer: 'downloadFailed',
  tooLarge: 'maxImageSizeExceeded',
  stopped: 'downloadFailed',
} as const satisfies Record<CallersFault, ProblemCode>;

/** Other codes for addresses of something else, by parameter. */
const otherProblems: Readonly<Record<string, Partial<Record<CallersFault, ProblemCode>>>> = {
  uploadEndpoint: {
    refused: 'invalidUploadEndpoint',
    unreachable: 'uploadFailed',
    untrusted: 'uploadFailed',
    stopped: 'uploadFailed',
  },
  webhookURL: { refused: 'invalidWebhookURL' },
};

const codeFor = (parameter: string, kind: CallersFault): ProblemCode =>
  otherProblems[parameter]?.[kind] ?? addressProblems[kind];

const ofImage = (cause: ImageError, parameter: string): TaskError => {
  const { kind, subject, what, facts } = cause;
  // The output format is at fault, not the image.
  const blamed = kind === 'unfit' ? 'outputFormat' : parameter;
  const message = `${subject} in '${parameter}' ${what}.`;
  return new TaskError(imageProblems[kind], message, { parameter: blamed, ...facts }, { cause });
};

/** Our own trouble stays as it is: whoever works on the task waits for its end. */
const ofAddress = (cause: OutboundError, parameter: string): TaskError | OutboundError => {
  const { kind, isPassing } = cause;
  if (kind === 'proxyAway') return cause;
  const { max, retryAfterMs } = cause.facts;
  const code = codeFor(parameter, kind);
  const message = `The URL in '${parameter}' cannot be used: ${cause.message}`;
  const details = { parameter, ...(max !== undefined && { max }) };
  const options = { final: !isPassing, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  return new TaskError(code, message, details, { cause, ...options });
};

/**
 * Runs work on the value of a parameter. An ImageError or OutboundError becomes a TaskError that names the
 * parameter.
 *
 * @throws TaskError in their place; other errors unchanged, and an OutboundError `proxyAway`
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
