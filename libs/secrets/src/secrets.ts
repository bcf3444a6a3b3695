import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Seals texts that contain secrets, such as presigned URLs, so that the database cannot reveal them. */
export type Secrets = {
  readonly seal: (text: string) => string;
  /** @throws SecretsError when none of our keys opens it, or it was changed */
  readonly open: (sealed: string) => string;
  /**
   * Seals a text by the newest key; one that is already sealed so stays as it is.
   * @throws SecretsError as `open`
   */
  readonly renew: (sealed: string) => string;
  /** Signs a text that the service itself will check. */
  readonly mac: (text: string) => string;
  /** Whether one of our keys signed the text so. */
  readonly isMac: (text: string, mac: string) => boolean;
};

/** No key fits. Only the operator can correct that. */
export class SecretsError extends Error {
  override readonly name = 'SecretsError';
}

/** AES-256-GCM with the nonce length that NIST SP 800-38D recommends. */
const CIPHER = 'aes-256-gcm';
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Marks sealed texts. Texts without it were stored before there was a key and are returned as they are. */
const MARK = 'sealed:';

const decrypt = (key: Buffer, box: Buffer): string | undefined => {
  const decipher = createDecipheriv(CIPHER, key, box.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(box.subarray(-TAG_BYTES));
  const text = decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([text, decipher.final()]).toString();
  } catch {
    return undefined;
  }
};

/** A key of its own for signatures, so that no key has two uses. */
const macBy = (key: Buffer, text: string): Buffer => {
  const own = createHmac('sha256', key).update('clearcut signatures').digest();
  return createHmac('sha256', own).update(text).digest();
};

const unbox = (sealed: string): Buffer => {
  const box = Buffer.from(sealed.slice(MARK.length), 'base64url');
  if (box.byteLength < NONCE_BYTES + TAG_BYTES) throw new SecretsError('A sealed text is cut off.');
  return box;
};

/** @param keys of 32 bytes each. The first seals and all open, so that keys can be rotated. */
export const createSecrets = (keys: readonly [Buffer, ...Buffer[]]): Secrets => {
  const seal = (text: string) => {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, keys[0], nonce, { authTagLength: TAG_BYTES });
    const box = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return MARK + box.toString('base64url');
  };
  const open = (sealed: string) => {
    if (!sealed.startsWith(MARK)) return sealed;
    const box = unbox(sealed);
    for (const key of keys) {
      const text = decrypt(key, box);
      if (text !== undefined) return text;
    }
    throw new SecretsError(
      'A sealed text cannot be opened: SECRETS_KEY is not the key that it was sealed with.',
    );
  };
  const isNewest = (sealed: string) =>
    sealed.startsWith(MARK) && decrypt(keys[0], unbox(sealed)) !== undefined;
  return {
    seal,
    open,
    renew: (sealed) => (isNewest(sealed) ? sealed : seal(open(sealed))),
    mac: (text) => macBy(keys[0], text).toString('base64url'),
    isMac: (text, mac) => {
      const sent = Buffer.from(mac, 'base64url');
      return sent.length === KEY_BYTES && keys.some((key) => timingSafeEqual(macBy(key, text), sent));
    },
  };
};
