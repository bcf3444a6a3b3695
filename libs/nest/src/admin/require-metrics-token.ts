import { createHash, timingSafeEqual } from 'node:crypto';
import { UnauthorizedException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

const digest = (text: string) => createHash('sha256').update(text).digest();

/**
 * Lets only who carries the token see /metrics. Without a token, everybody may.
 * @throws UnauthorizedException
 */
export const requireMetricsToken = (
  token: string | undefined,
  { headers, routeOptions }: Pick<FastifyRequest, 'headers' | 'routeOptions'>,
  reply: Pick<FastifyReply, 'header'>,
): void => {
  if (token === undefined || routeOptions.url !== '/metrics') return;
  const sent = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (sent !== undefined && timingSafeEqual(digest(sent), digest(token))) return;
  reply.header('www-authenticate', 'Bearer realm="Clearcut metrics"');
  throw new UnauthorizedException('Send METRICS_TOKEN as bearer token.');
};
