import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { AdminAnswer } from '#program';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** The token of `Bearer <token>`, or the password of HTTP basic, whatever the user name. */
const sentToken = (authorization = ''): string | undefined => {
  const [, scheme = '', value = ''] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== 'basic') return value || undefined;
  const pair = Buffer.from(value, 'base64').toString();
  return pair.includes(':') ? pair.slice(pair.indexOf(':') + 1) : undefined;
};

const refusal = (status: number, body: string, headers: Record<string, string> = {}): AdminAnswer => ({
  status,
  type: 'text/plain',
  body,
  headers,
});

/** A browser sends the password of this page also for forms of other pages, and says whose form it is. */
const isForeign = ({ origin, host }: IncomingHttpHeaders): boolean =>
  origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);

/** @returns the answer to who may not see the page; undefined for who may */
export const refuse = (token: string | undefined, headers: IncomingHttpHeaders): AdminAnswer | undefined => {
  if (!token) return refusal(403, 'Set ADMIN_TOKEN to see the status page.\n');
  if (isForeign(headers)) return refusal(403, 'This form is not of this page.\n');

  const sent = sentToken(headers.authorization);
  if (sent !== undefined && timingSafeEqual(digest(sent), digest(token))) return undefined;
  return refusal(401, 'The password is ADMIN_TOKEN.\n', {
    'www-authenticate': 'Basic realm="Clearcut", charset="UTF-8"',
  });
};
