import { LongText, MAX_URL_LENGTH, pathOf, withValuesAt } from '#contract';
import { SecretsError, type Secrets } from '#secrets';

/** A task as it came. */
export type SentTask = Readonly<Record<string, unknown>>;

/** Values of one task that are kept, and the depth to which they are. Some parameters may hold anything. */
const MAX_VALUES = 200;
const MAX_DEPTH = 6;
const MAX_LENGTH = MAX_URL_LENGTH;
const SHORT_LENGTH = 64;

const isSecret = (name: string) => /key|token|secret|password|authorization|credential/i.test(name);

const isRecord = (value: unknown): value is SentTask =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof LongText);

const isText = (value: unknown) => typeof value === 'string' || value instanceof LongText;

const urlOf = (text: string): URL | undefined => {
  const address = text.trim();
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(address) && URL.canParse(address) ? new URL(address) : undefined;
};

/** Queries and user names of addresses often open something. */
const redactUrl = (text: string): string => {
  const url = urlOf(text);
  if (!url || !(url.username || url.password || url.search)) return text;
  if (url.username || url.password) Object.assign(url, { username: 'REDACTED', password: '' });
  if (url.search) url.search = '?REDACTED';
  return url.href;
};

/** Whoever knows the path of a webhook may often post there. */
const redactPath = (text: string): string => {
  const url = urlOf(text);
  return url && url.pathname !== '/' ? `${url.protocol}//${url.host}/REDACTED` : redactUrl(text);
};

const shorten = (text: string): string =>
  text.length <= MAX_LENGTH ? text : `${text.slice(0, SHORT_LENGTH)}… (${text.length} characters)`;

/** Copies a task without secrets, and no more of it than a row should hold. */
const redact = (sent: SentTask): SentTask => {
  let left = MAX_VALUES;
  /** As many of the items as may still be kept. */
  const take = <T>(items: readonly T[]): T[] => {
    const kept = items.slice(0, left);
    left -= kept.length;
    return kept;
  };
  const copy = (value: unknown, depth: number): unknown => {
    if (value instanceof LongText) return `${value.head}… (${value.length} characters)`;
    if (typeof value === 'string') return shorten(redactUrl(value));
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return '…';
    return Array.isArray(value)
      ? take(value).map((item) => copy(item, depth + 1))
      : copyRecord(value as SentTask, depth);
  };
  const copyRecord = (record: SentTask, depth: number): SentTask =>
    Object.fromEntries(
      take(Object.entries(record)).map(([name, value]) => [
        name,
        depth > 0 && isSecret(name) ? 'REDACTED' : copy(value, depth + 1),
      ]),
    );
  const { webhookURL } = sent;
  const hook = typeof webhookURL === 'string' && { webhookURL: redactPath(webhookURL) };
  return copyRecord({ ...sent, ...hook }, 0);
};

/** The UUIDs of images that came inside a task and are stored now, by their parameters. */
export type StoredImages = Readonly<Record<string, string>>;

/**
 * Names the stored images in place of the bytes that came inside a task, so that the task can be sent again.
 */
const withStoredImages = (sent: SentTask, { inputImage: imageUuid, ...others }: StoredImages): SentTask => {
  const named = withValuesAt(
    sent,
    Object.entries(others).map(([parameter, uuid]) => [pathOf(parameter), uuid]),
  );
  if (imageUuid === undefined) return named;
  const { inputImage, inputs } = sent;
  return {
    ...named,
    ...(isText(inputImage) && { inputImage: imageUuid }),
    ...(isRecord(inputs) && isText(inputs['image']) && { inputs: { ...inputs, image: imageUuid } }),
  };
};

/**
 * A task as its row keeps it: as sent, but without secrets and bytes of images. It is sealed, since the path of an
 * address may be a secret too.
 *
 * @param stored the image that is cut out is called `inputImage` here, in whichever parameter it came
 */
export const sealSentTask = (
  { seal }: Pick<Secrets, 'seal'>,
  sent: SentTask,
  stored: StoredImages = {},
): string => seal(JSON.stringify(redact(withStoredImages(sent, stored))));

/** The task as it was sent. Undefined for rows of older gateways, and when the key that sealed it is gone. */
export const openSentTask = (
  { open }: Pick<Secrets, 'open'>,
  sealed: string | null,
): SentTask | undefined => {
  if (sealed === null) return undefined;
  try {
    return JSON.parse(open(sealed)) as SentTask;
  } catch (error) {
    if (error instanceof SecretsError) return undefined;
    throw error;
  }
};
