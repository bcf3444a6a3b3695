import type { IncomingHttpHeaders } from 'node:http';
import type { ServiceConfig } from '#config';

type Origins = Pick<ServiceConfig, 'CORS_ORIGINS' | 'PUBLIC_URL'>;

/** Whether pages of any origin may call. */
const isOpen = ({ CORS_ORIGINS }: Origins): boolean => CORS_ORIGINS.includes('*');

/** What Nest needs to answer the pages of CORS_ORIGINS; undefined when there are none. */
export const corsOptions = (config: Origins) =>
  config.CORS_ORIGINS.length === 0
    ? undefined
    : {
        origin: isOpen(config) ? '*' : [...config.CORS_ORIGINS],
        methods: ['GET', 'HEAD', 'POST', 'PUT'],
        exposedHeaders: [
          'Retry-After',
          'RateLimit',
          'RateLimit-Policy',
          'Content-Disposition',
          'X-Clearcut-Task-UUID',
          'X-Clearcut-Image-UUID',
          'X-Clearcut-Input-Image-UUID',
          'X-Clearcut-Cost',
          'X-Clearcut-Warnings',
        ],
        maxAge: 600,
      };

const hostOf = (origin: string) => (URL.canParse(origin) ? new URL(origin).host : undefined);

/**
 * Whether a WebSocket may be opened. Browsers do not ask before they open one, but name the page's origin. Other
 * clients send none. A page of this service may always call it.
 */
export const mayDial = (config: Origins, { origin, host }: IncomingHttpHeaders): boolean => {
  if (origin === undefined || isOpen(config) || config.CORS_ORIGINS.includes(origin)) return true;
  return hostOf(origin) === host || origin === new URL(config.PUBLIC_URL).origin;
};
