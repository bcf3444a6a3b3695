import { z } from 'zod';

/**
 * All errors of the product: code → HTTP status, whether the same request may succeed later, and the meaning. The
 * HTTP layer, the retry decision (`TaskError.isRetryable`) and the reference page read this table.
 *
 * Name new codes by the patterns by which Runware's SDKs sort errors into families: `invalid*`, `missing*`,
 * `*NotFound`, `*Timeout`, ….
 */
export const problems = {
  arrayTooSmall: { status: 400, retryable: false, title: 'The request holds no task.' },
  conflictJobUUID: {
    status: 400,
    retryable: false,
    title: 'Another job with this jobUUID exists.',
  },
  conflictTaskUUID: {
    status: 400,
    retryable: false,
    title: 'Another task with this taskUUID is still in flight.',
  },
  // Not 504: clients would send the same task again.
  deadlineExceeded: {
    status: 400,
    retryable: false,
    title: 'The deadline of the task passed before it was done.',
  },
  downloadFailed: { status: 400, retryable: true, title: 'The image could not be fetched from its URL.' },
  duplicateTaskUUID: { status: 400, retryable: false, title: 'Two tasks of one request share a taskUUID.' },
  forbidden: { status: 403, retryable: false, title: 'Pages of this origin may not call; see CORS_ORIGINS.' },
  incompatibleParameters: { status: 400, retryable: false, title: 'Two parameters contradict each other.' },
  inferenceError: { status: 500, retryable: true, title: 'The task could not be processed.' },
  internalServerError: { status: 500, retryable: true, title: 'Something failed on our side.' },
  insufficientCredits: {
    status: 402,
    retryable: false,
    title: 'The budget of this key does not cover the task.',
  },
  invalidApiKey: {
    status: 401,
    retryable: false,
    title: 'The API key is not known, was revoked, or has expired.',
  },
  invalidInputImage: { status: 400, retryable: false, title: 'The image cannot be read.' },
  invalidInputImageURL: {
    status: 400,
    retryable: false,
    title: 'The image URL is malformed or not allowed.',
  },
  invalidDeliveryMethod: { status: 400, retryable: false, title: 'deliveryMethod is not sync or async.' },
  invalidIncludeCost: { status: 400, retryable: false, title: 'includeCost is not a boolean.' },
  invalidModel: { status: 400, retryable: false, title: 'There is no such model.' },
  invalidOutputFormat: { status: 400, retryable: false, title: 'outputFormat is not PNG, JPG or WEBP.' },
  invalidOutputQuality: {
    status: 400,
    retryable: false,
    title: 'outputQuality is not an integer from 20 to 99.',
  },
  invalidOutputType: {
    status: 400,
    retryable: false,
    title: 'outputType is not URL, base64Data or dataURI.',
  },
  invalidParameter: { status: 400, retryable: false, title: 'A parameter has a wrong value.' },
  invalidRequest: { status: 400, retryable: false, title: 'The request is not HTTP, or a faulty handshake.' },
  invalidRequestBody: { status: 400, retryable: false, title: 'The body is not a JSON array of tasks.' },
  invalidTaskUUID: { status: 400, retryable: false, title: 'The taskUUID is not a UUID.' },
  invalidTtl: { status: 400, retryable: false, title: 'ttl is not an integer of at least 60.' },
  invalidUploadEndpoint: {
    status: 400,
    retryable: false,
    title: 'uploadEndpoint is malformed or not allowed.',
  },
  invalidWebhookURL: { status: 400, retryable: false, title: 'webhookURL is malformed or not allowed.' },
  jobNotFound: { status: 404, retryable: false, title: 'There is no job with this jobUUID.' },
  maxBodySizeExceeded: { status: 413, retryable: false, title: 'The request body is too large.' },
  maxHeaderSizeExceeded: {
    status: 431,
    retryable: false,
    title: 'The headers of the request are too large.',
  },
  maxFrameSizeExceeded: { status: 400, retryable: false, title: 'The client refuses frames of this size.' },
  maxImageSizeExceeded: {
    status: 400,
    retryable: false,
    title: 'The image has too many bytes or pixels, or too long a side.',
  },
  maxTasksPerRequestExceeded: { status: 400, retryable: false, title: 'The request holds too many tasks.' },
  mediaExpired: { status: 404, retryable: false, title: 'The image was deleted when its time was over.' },
  mediaNotFound: { status: 404, retryable: false, title: 'There is no image with this UUID.' },
  methodNotAllowed: { status: 405, retryable: false, title: 'The address takes other methods; see Allow.' },
  missingApiKey: { status: 401, retryable: false, title: 'The request carries no API key.' },
  missingImage: { status: 400, retryable: false, title: 'The upload holds no image.' },
  missingInputImage: { status: 400, retryable: false, title: 'The task names no image.' },
  missingMedia: { status: 400, retryable: false, title: 'The task names no media.' },
  missingModel: { status: 400, retryable: false, title: 'The task names no model.' },
  missingParameter: { status: 400, retryable: false, title: 'A required parameter is missing.' },
  missingTaskType: { status: 400, retryable: false, title: 'The task has no taskType.' },
  missingTaskUUID: { status: 400, retryable: false, title: 'The task has no taskUUID.' },
  modelUnavailable: { status: 503, retryable: true, title: 'The model is known, but no worker serves it.' },
  notFound: { status: 404, retryable: false, title: 'There is nothing at this address.' },
  permissionDenied: { status: 403, retryable: false, title: 'This key may not do this.' },
  processingTimeout: { status: 504, retryable: true, title: 'The task is still being processed.' },
  rateLimitExceeded: {
    status: 429,
    retryable: true,
    title: 'This key sends too fast, has too many tasks in flight, or too many wrong keys came; wait.',
  },
  requestTimeout: { status: 408, retryable: true, title: 'The body of the request came too slowly.' },
  serviceUnavailable: { status: 503, retryable: true, title: 'The service cannot take tasks right now.' },
  taskCancelled: { status: 409, retryable: false, title: 'The task was cancelled.' },
  taskExpired: { status: 404, retryable: false, title: 'The task is past its retention.' },
  taskNotFound: { status: 404, retryable: false, title: 'There is no task with this taskUUID.' },
  taskTimeout: { status: 504, retryable: true, title: 'The task took too long and was given up.' },
  unsupportedAccept: {
    status: 406,
    retryable: false,
    title: 'The Accept header names nothing that this address answers.',
  },
  unsupportedContentEncoding: {
    status: 415,
    retryable: false,
    title: 'The body is compressed in a way that is not read.',
  },
  unsupportedContentType: {
    status: 415,
    retryable: false,
    title: 'The body is neither a form nor an image.',
  },
  unsupportedImageFormat: { status: 400, retryable: false, title: 'The image is not a PNG, JPEG or WEBP.' },
  unsupportedParameter: { status: 400, retryable: false, title: 'A parameter is not supported.' },
  uploadFailed: {
    status: 502,
    retryable: true,
    title: 'The uploadEndpoint, or the target of a job, did not take the result.',
  },
  unsupportedExpectation: {
    status: 417,
    retryable: false,
    title: 'The Expect header asks for more than 100-continue.',
  },
  unsupportedTaskType: { status: 400, retryable: false, title: 'There is no such taskType.' },
} as const;

export type ProblemCode = keyof typeof problems;
export const ProblemCode = z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]);

/** Machine-readable details of a problem, as on the wire. */
export type ProblemDetails = {
  readonly parameter?: string;
  readonly type?: string;
  readonly min?: number;
  readonly max?: number;
  readonly allowedValues?: readonly string[];
  /** USD that the budget lacks for the task. */
  readonly missingUSD?: number;
  /** Seconds after which another try may succeed. */
  readonly retryAfter?: number;
};

type TaskErrorOptions = ErrorOptions & {
  /** Rules out another try here, although the table allows it. */
  readonly final?: boolean;
  /** The wait that the other side asks for. Callers do not see it. */
  readonly retryAfterMs?: number;
  /** Further faults of the same task. */
  readonly others?: readonly TaskError[];
};

/**
 * A failure for the caller of the API. A foreign error is translated once, and kept as `cause`.
 *
 * @example throw new TaskError('invalidInputImage', 'The PNG ends early.', { parameter: 'inputImage' }, { cause });
 */
export class TaskError extends Error {
  override readonly name = 'TaskError';
  /** Whether we may try again: the table must allow it, and the error must not be final. */
  readonly isRetryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** Further faults of the same task, each with a parameter of its own. */
  readonly others: readonly TaskError[];

  constructor(
    readonly code: ProblemCode,
    message: string,
    readonly details: ProblemDetails = {},
    { final = false, retryAfterMs, others = [], ...options }: TaskErrorOptions = {},
  ) {
    super(message, options);
    this.isRetryable = problems[code].retryable && !final;
    this.retryAfterMs = retryAfterMs;
    this.others = others;
  }
}

/** Most faults of one task that are told. */
const MAX_FAULTS = 20;

/** One error for all faults of a task. Clients that read a single error get the first. */
export const joinFaults = (faults: readonly [TaskError, ...TaskError[]]): TaskError => {
  const [{ code, message, details, cause, isRetryable, retryAfterMs }] = faults;
  const others = faults.flatMap((fault) => [fault, ...fault.others]).slice(1);
  const wait = retryAfterMs !== undefined && { retryAfterMs };
  const told = others.slice(0, MAX_FAULTS - 1);
  return new TaskError(code, message, details, { cause, final: !isRetryable, ...wait, others: told });
};

/**
 * Waits for all checks of a task.
 *
 * @throws TaskError with the faults of all checks; any other error unchanged
 */
export const requireAll = async <const T extends readonly Promise<unknown>[]>(
  checks: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> => {
  const settled = await Promise.allSettled(checks);
  const reasons = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  const foreign = reasons.find((reason) => !(reason instanceof TaskError));
  if (foreign !== undefined) throw foreign;
  const [first, ...others] = reasons as TaskError[];
  if (first) throw joinFaults([first, ...others]);
  return Promise.all(checks);
};
