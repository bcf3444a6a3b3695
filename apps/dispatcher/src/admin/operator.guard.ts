import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { addressOf, createFailedTries } from '#callers';
import type { ServiceConfig } from '#config';
import { CONFIG } from '#nest';
import {
  ForbiddenException,
  HttpException,
  Inject,
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** The token of `Bearer <token>`, or the password of HTTP basic; the user name is ignored. */
const sentToken = (authorization = ''): string | undefined => {
  const [, scheme = '', value = ''] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== 'basic') return value || undefined;
  const pair = Buffer.from(value, 'base64').toString();
  return pair.includes(':') ? pair.slice(pair.indexOf(':') + 1) : undefined;
};

const isOtherOrigin = ({ origin, host }: IncomingHttpHeaders): boolean =>
  origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);

/** Browsers send this header; `none` means that the operator typed the address. Other clients send none. */
const isOtherSite = ({ 'sec-fetch-site': site }: IncomingHttpHeaders): boolean =>
  site !== undefined && site !== 'same-origin' && site !== 'none';

/** A browser sends the password along with forms of other sites too, but names the site. */
const isForeign = ({ method, headers }: Asked): boolean =>
  isOtherOrigin(headers) || (method !== 'GET' && method !== 'HEAD' && isOtherSite(headers));

/** The password, and the proxies that may say who calls. */
type Operator = Pick<ServiceConfig, 'ADMIN_TOKEN' | 'TRUSTED_PROXIES'>;

type Asked = Pick<FastifyRequest, 'headers' | 'method' | 'raw'>;

/** The right password passes however many wrong ones came. */
const tries = createFailedTries();

/** @throws HttpException for a request without ADMIN_TOKEN, or from a form of another site */
export const authorise = (
  { ADMIN_TOKEN: token, TRUSTED_PROXIES }: Operator,
  asked: Asked,
  reply: Pick<FastifyReply, 'header'>,
): void => {
  if (!token) throw new ForbiddenException('Set ADMIN_TOKEN to see the status page.');
  if (isForeign(asked)) throw new ForbiddenException('This form was sent by another site.');

  const sent = sentToken(asked.headers.authorization);
  if (sent !== undefined && timingSafeEqual(digest(sent), digest(token))) return;
  const retryAfter = sent === undefined ? undefined : tries.failed(addressOf(asked.raw, TRUSTED_PROXIES));
  if (retryAfter !== undefined) {
    reply.header('retry-after', `${retryAfter}`);
    throw new HttpException('Too many wrong passwords came from your address.', 429);
  }
  reply.header('www-authenticate', 'Basic realm="Clearcut", charset="UTF-8"');
  throw new UnauthorizedException('The password is ADMIN_TOKEN.');
};

/** Admits requests that carry ADMIN_TOKEN. */
@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(@Inject(CONFIG) private readonly config: Operator) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    authorise(this.config, http.getRequest(), http.getResponse());
    return true;
  }
}
