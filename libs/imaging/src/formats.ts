/** The image formats of the API, by the names that clients send. */
export const formats = {
  PNG: { contentType: 'image/png', extension: 'png' },
  JPG: { contentType: 'image/jpeg', extension: 'jpg' },
  WEBP: { contentType: 'image/webp', extension: 'webp' },
} as const;

export type Format = keyof typeof formats;

/** Detects the format by the first bytes only, since names, headers and data URIs may be wrong. */
export const sniffFormat = (bytes: Uint8Array): Format | undefined => {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 12)).toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (head.startsWith('\xff\xd8\xff')) return 'JPG';
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'WEBP';
  return undefined;
};
