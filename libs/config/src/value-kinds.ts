import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';

export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

export const url = (...protocols: readonly string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    message: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

/** Why the URL cannot be a mirror's base, in words that complete "it …". */
export const mirrorFault = ({ username, password, search, hash }: URL): string | undefined => {
  if (username || password) return 'may hold no user name and no password: it is shown in lists and logs';
  return search || hash ? 'may have no query and no fragment' : undefined;
};

/** The base URL of a mirror. */
export const mirror = url('http:', 'https:').refine(
  (text) => !URL.canParse(text) || mirrorFault(new URL(text)) === undefined,
  { error: ({ input }) => mirrorFault(new URL(String(input))) },
);

const entriesOf = (text: string): string[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);

/** Empty text is an empty list, but commas alone are a mistake. */
export const list = z
  .string()
  .refine(
    (text) => text.trim() === '' || entriesOf(text).length > 0,
    'must name something between its commas',
  )
  .transform(entriesOf);

export const path = z.string().transform((text) => resolve(text));

export const flag = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');

/** Whether a text is an IP address or a network in CIDR notation. */
export const isAddressEntry = (text: string): boolean => {
  const [address = '', prefix, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
};
