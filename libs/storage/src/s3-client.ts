import { S3Client } from '@aws-sdk/client-s3';

/** The settings of the S3 store, as libs/config describes them. */
export type S3Config = {
  readonly S3_BUCKET: string;
  readonly S3_ENDPOINT?: string | undefined;
  readonly S3_PUBLIC_ENDPOINT?: string | undefined;
  readonly S3_REGION?: string | undefined;
  readonly S3_FORCE_PATH_STYLE?: boolean | undefined;
  readonly S3_PREFIX: string;
  readonly S3_ACCESS_KEY_ID?: string | undefined;
  readonly S3_SECRET_ACCESS_KEY?: string | undefined;
};

export type Limits = {
  /** How often a request is tried, the first time included. */
  readonly tries: number;
  readonly connectMs: number;
  /** From the start of one try to the head of its answer. */
  readonly answerMs: number;
  /** A whole operation: all its tries, and the body of the answer. */
  readonly operationMs: number;
};

/** An operation is shorter than the transaction in which the dispatcher deletes a batch. */
export const limits: Limits = { tries: 3, connectMs: 3_000, answerMs: 30_000, operationMs: 45_000 };

/** Above what the gateway and a batch of removals ask at once, since a request that waits for a socket times out. */
const MAX_SOCKETS = 256;

/** What stores other than AWS are content with; the signature needs some region. */
const ANY_REGION = 'us-east-1';

const identityOf = ({ S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY }: S3Config) =>
  S3_ACCESS_KEY_ID && S3_SECRET_ACCESS_KEY
    ? { credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY } }
    : {};

/**
 * A client of the store. What the settings leave open, the SDK looks up where it always does: its environment
 * variables, its files, the role of the machine.
 *
 * @param endpoint the address to talk to, or to sign for
 */
export const createClient = (config: S3Config, endpoint: string | undefined, most: Limits): S3Client => {
  const region = config.S3_REGION ?? (config.S3_ENDPOINT && ANY_REGION);
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
  return new S3Client({
    ...identityOf(config),
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    // Few stores that one runs oneself have a host name for each bucket.
    forcePathStyle: config.S3_FORCE_PATH_STYLE ?? config.S3_ENDPOINT !== undefined,
    // Stores other than AWS refuse the SDK's own checksums, or store their framing within the object.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: most.tries,
    requestHandler: {
      connectionTimeout: most.connectMs,
      requestTimeout: most.answerMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
};
