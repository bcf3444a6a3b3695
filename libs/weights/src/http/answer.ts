import type { Dispatcher } from 'undici';

/** The description of the file in a response. */
export type Answer = {
  /** Position of the body's first byte. */
  readonly start: number;
  /** Bytes of the whole file, if the server tells. */
  readonly total: number | undefined;
  /** A strong ETag or a date, which proves later that the file is the same. */
  readonly validator: string | undefined;
};

type Headers = Dispatcher.ResponseData['headers'];

const headerOf = (headers: Headers, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const numberOf = (text: string | undefined): number | undefined => {
  const number = Number(text);
  return text !== undefined && text !== '' && Number.isSafeInteger(number) ? number : undefined;
};

/** A weak ETag does not promise equal bytes: RFC 9110, section 13.1.5. */
const validatorOf = (headers: Headers): string | undefined => {
  const etag = headerOf(headers, 'etag');
  return etag !== undefined && !etag.startsWith('W/') ? etag : headerOf(headers, 'last-modified');
};

const contentRange = /^bytes (\d+)-\d+\/(\d+|\*)$/;

/** Reads the headers of a 200 or 206; `undefined` when a 206 does not name its bytes. */
export const readAnswer = ({ statusCode, headers }: Dispatcher.ResponseData): Answer | undefined => {
  const validator = validatorOf(headers);
  if (statusCode === 200)
    return { start: 0, total: numberOf(headerOf(headers, 'content-length')), validator };

  const range = contentRange.exec(headerOf(headers, 'content-range') ?? '');
  if (!range) return undefined;
  return { start: Number(range[1]), total: numberOf(range[2]), validator };
};
