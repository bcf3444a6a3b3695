import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ForbiddenException, UnauthorizedException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** The token of `Bearer <token>`, or the password of HTTP basic, whatever the user name. */
const sentToken = (authorization = ''): string | undefined => {
  const [, scheme = '', value = ''] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== 'basic') return value || undefined;
  const pair = Buffer.from(value, 'base64').toString();
  return pair.includes(':') ? pair.slice(pair.indexOf(':') + 1) : undefined;
};

/** A browser sends the password of this page also for forms of other pages, and says whose form it is. */
const isForeign = ({ origin, host }: IncomingHttpHeaders): boolean =>
  origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);

/** Throws what to answer a request that does not carry ADMIN_TOKEN. */
export const authorise = (
  token: string | undefined,
  { headers }: Pick<FastifyRequest, 'headers'>,
  reply: Pick<FastifyReply, 'header'>,
): void => {
  if (!token) throw new ForbiddenException('Set ADMIN_TOKEN to see the status page.');
  if (isForeign(headers)) throw new ForbiddenException('This form is not of this page.');

  const sent = sentToken(headers.authorization);
  if (sent !== undefined && timingSafeEqual(digest(sent), digest(token))) return;
  reply.header('www-authenticate', 'Basic realm="Clearcut", charset="UTF-8"');
  throw new UnauthorizedException('The password is ADMIN_TOKEN.');
};
