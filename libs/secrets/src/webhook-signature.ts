import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
/** The specification asks for 24 to 64. */
const BYTES = 32;

/** Source: https://github.com/standard-webhooks/standard-webhooks, scheme v1. */
export type SignedMessage = {
  /** Of the delivery, the same for all attempts. */
  readonly id: string;
  /** When this attempt is made, in whole seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
};

/** `whsec_` and base64, as receivers' libraries take it. */
export const newWebhookSecret = (): string => PREFIX + randomBytes(BYTES).toString('base64');

const signatureBy = (secret: string, { id, timestamp, body }: SignedMessage): string => {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
};

/** One signature for each secret. A receiver accepts a message of which one is right. */
export const signatureOf = (secrets: readonly string[], message: SignedMessage): string =>
  secrets.map((secret) => signatureBy(secret, message)).join(' ');
