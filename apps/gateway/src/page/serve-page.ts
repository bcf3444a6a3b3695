import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Logger } from '#telemetry';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** What `apps/playground` was built to. */
const folder = fileURLToPath(new URL('../../../../page', import.meta.url));

/** Names of these files hold the hash of their content. */
const forEver = 'public, max-age=31536000, immutable';

/** Serves the page for people at `/`, with its compressed files. */
export const servePage = async (app: NestFastifyApplication, log: Logger): Promise<void> => {
  if (!existsSync(folder)) {
    log.warn({ folder }, 'there is no page at /, since it was not built: run npm run build');
    return;
  }
  const options = { decorateReply: false, preCompressed: true, cacheControl: false } as const;
  await app.register(fastifyStatic, {
    ...options,
    root: `${folder}/assets`,
    prefix: '/assets/',
    setHeaders: (reply) => void reply.header('cache-control', forEver),
  });
  const server = app.getHttpAdapter().getInstance();
  server.get('/', (_, reply) => reply.sendFile('index.html', folder));
};
