import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attack, Target } from '../attack.js';
import { during, megabytes } from '../watch.js';

const SOURCE_BYTES = megabytes(19);
/** The server holds each answer open for this long, so that all are under way at once. */
const HOLD_MS = 8_000;
const piece = Buffer.alloc(64 * 1024, 'QUJD');

async function* bytesOfSource() {
  for (let sent = 0; sent < SOURCE_BYTES; sent += piece.length) yield piece;
  await sleep(HOLD_MS);
}

/** Serves bytes that are no image. */
const startServer = async () => {
  const server = createServer((_, response) => {
    // The other side may end first.
    pipeline(Readable.from(bytesOfSource()), response).catch(() => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, stop };
};

/** What one owner may take of INTAKE_MEMORY_MB. */
const SHARE_MB = 96;

const PER_BODY = 10;

const upload = async ({ gateway, fleet }: Target, url: string): Promise<void> => {
  const tasks = Array.from({ length: PER_BODY }, () => {
    const taskUUID = randomUUID();
    return { taskType: 'imageUpload', taskUUID, image: `${url}${taskUUID}` };
  });
  const response = await fetch(`${gateway.url}/v1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${fleet.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(tasks),
  });
  const { errors } = (await response.json()) as { readonly errors: readonly { readonly code: string }[] };
  const others = errors.filter(
    ({ code }) => !['unsupportedImageFormat', 'serviceUnavailable'].includes(code),
  );
  if (errors.length !== PER_BODY || others.length > 0)
    throw new Error(`the uploads got ${JSON.stringify(errors)}`);
};

export const largeSources: Attack = {
  about: '60 uploads at once, each from a URL with 19 MB',
  before: 'each held whole in memory, 1.2 GB',
  env: { OUTBOUND_ALLOW: '127.0.0.1' },
  run: async (target) => {
    const server = await startServer();
    try {
      const bodies = target.isShort ? 2 : 6;
      return await during(target, { maxGrowthMb: SHARE_MB }, () =>
        Promise.all(Array.from({ length: bodies }, () => upload(target, server.url))),
      );
    } finally {
      await server.stop();
    }
  },
};
