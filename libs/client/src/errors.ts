import { remedyOf } from './remedies.js';
import { retryableCodes, type ErrorItem } from './wire.js';

/** Codes of this client, for what no server answered. */
export type ClientCode = 'connectionFailed' | 'unreadableAnswer' | 'timedOut' | 'invalidInput' | 'noFiles';

/** A code of the server. A host other than Clearcut may have more. */
export type ErrorCode = ErrorItem['code'] | ClientCode | (string & {});

type Details = {
  readonly status?: number | undefined;
  readonly parameter?: string | undefined;
  readonly retryAfterS?: number | undefined;
  readonly taskUUID?: string | undefined;
  readonly documentation?: string | undefined;
  readonly errors?: readonly ErrorItem[] | undefined;
  readonly cause?: unknown;
};

/** Every failure of this client, except the reason of an aborted signal. */
export class ClearcutError extends Error {
  override readonly name: string = 'ClearcutError';
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** The parameter at fault. */
  readonly parameter: string | undefined;
  /** Seconds after which another try may succeed. */
  readonly retryAfterS: number | undefined;
  readonly taskUUID: string | undefined;
  /** Address of the reference. */
  readonly documentation: string | undefined;
  /** Every fault of the task, as the server told them. */
  readonly errors: readonly ErrorItem[];

  constructor(
    readonly code: ErrorCode,
    message: string,
    { status, parameter, retryAfterS, taskUUID, documentation, errors = [], cause }: Details = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.parameter = parameter;
    this.retryAfterS = retryAfterS;
    this.taskUUID = taskUUID;
    this.documentation = documentation;
    this.errors = errors;
  }

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return retryableCodes.includes(this.code) || ['connectionFailed', 'timedOut'].includes(this.code);
  }

  /** What to do about it, in one sentence. */
  get remedy(): string | undefined {
    return remedyOf(this.code);
  }
}

/** The server refused the task, or the task failed. */
export class TaskError extends ClearcutError {
  override readonly name = 'TaskError';
}

/** No answer came, or one that is not of this API. */
export class ConnectionError extends ClearcutError {
  override readonly name = 'ConnectionError';
}

/** The call took longer than `timeoutMs`. Its task goes on. */
export class TimeoutError extends ClearcutError {
  override readonly name = 'TimeoutError';
}

/** The image cannot be read here, the file cannot be written, or the result has no such form. */
export class InputError extends ClearcutError {
  override readonly name = 'InputError';
}

/** Another host may say anything here. */
const secondsOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** @param status HTTP status; undefined over WebSocket */
export const toTaskError = (
  errors: readonly [ErrorItem, ...ErrorItem[]],
  status?: number,
  retryAfterS?: number,
): TaskError => {
  const [{ code, message, parameter, retryAfter, taskUUID, documentation }] = errors;
  return new TaskError(code, message, {
    status,
    // Runware may name several.
    parameter: [parameter ?? []].flat()[0],
    retryAfterS: retryAfterS ?? secondsOf(retryAfter),
    taskUUID,
    documentation,
    errors,
  });
};

const passingCodes = new Set<string>([
  'rateLimitExceeded',
  'serviceUnavailable',
  'modelUnavailable',
  'internalServerError',
]);
const passingStatuses = new Set([408, 425, 429, 502, 503]);
/** The task ended so, after the server had tried it several times. */
const ends = new Set<string>(['uploadFailed', 'taskTimeout', 'inferenceError', 'downloadFailed']);

/** Whether the request did not reach its end, so that it may be sent again as it is. */
export const isPassing = (error: unknown): error is ClearcutError => {
  if (error instanceof ConnectionError) return error.status === undefined || error.status >= 500;
  if (!(error instanceof TaskError)) return false;
  if (ends.has(error.code)) return false;
  return passingCodes.has(error.code) || passingStatuses.has(error.status ?? 0);
};

export const isRateLimit = ({ code, status }: ClearcutError): boolean =>
  status === 429 || code === 'rateLimitExceeded';

const goneCodes = new Set<string>(['mediaExpired', 'mediaNotFound']);

/** Whether the server no longer keeps an image, which may be the result of a task. */
export const isGone = (error: unknown): error is ClearcutError =>
  error instanceof ClearcutError && goneCodes.has(error.code);
