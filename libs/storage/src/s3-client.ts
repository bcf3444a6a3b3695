import { S3Client } from '@aws-sdk/client-s3';

/** The settings of the S3 store. libs/config describes them. */
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
  /** The most tries of a request, the first included. */
  readonly tries: number;
  readonly connectMs: number;
  /** From the start of a try to the headers of the response. */
  readonly answerMs: number;
  /** For a whole operation: all its tries and the body of the response. */
  readonly operationMs: number;
};

/** An operation must be shorter than the transaction in which the dispatcher deletes a batch. */
export const limits: Limits = { tries: 3, connectMs: 3_000, answerMs: 30_000, operationMs: 45_000 };

/**
 * More than the gateway and a batch of deletions need at once, because requests time out while they wait for
 * a socket.
 */
const MAX_SOCKETS = 256;

/** The signature needs a region, and stores other than AWS accept this one. */
const ANY_REGION = 'us-east-1';

const identityOf = ({ S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY }: S3Config) =>
  S3_ACCESS_KEY_ID && S3_SECRET_ACCESS_KEY
    ? { credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY } }
    : {};

/**
 * Creates a client of the store. The SDK looks up missing settings in its usual places: its environment
 * variables, its files and the machine's role.
 * @param endpoint the address to call, or to sign for
 */
export const createClient = (config: S3Config, endpoint: string | undefined, most: Limits): S3Client => {
  const region = config.S3_REGION ?? (config.S3_ENDPOINT && ANY_REGION);
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
  return new S3Client({
    ...identityOf(config),
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    // Few self-hosted stores have a host name for each bucket.
    forcePathStyle: config.S3_FORCE_PATH_STYLE ?? config.S3_ENDPOINT !== undefined,
    // Other stores than AWS refuse the SDK's checksums, or store their framing as part of the object.
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
