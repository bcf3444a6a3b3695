import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/apps/cli/src/start/main.js', import.meta.url));
const key = `cc_${randomUUID()}${randomUUID()}`;

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const readyLine = (child) =>
  new Promise((resolve, reject) => {
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
        const [, url] = /^ready (\S+)/m.exec(output) ?? [];
        if (url) resolve(url);
      });
    child.once('close', () => reject(new Error(`the service did not start:\n${output}`)));
  });

/** Sends one task over HTTP. Resolves with its result; rejects with its problem. */
const ask = async (url, task) => {
  const response = await fetch(`${url}/v1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify([{ taskUUID: randomUUID(), ...task }]),
  });
  const { data = [], errors = [] } = await response.json();
  if (errors[0]) throw new Error(`${errors[0].code}: ${errors[0].message}`);
  return data[0];
};

/** Starts the whole service as `npm start` does, with a temporary data folder. */
export const startService = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clearcut-pictures-'));
  // When root starts it, Postgres runs as another user, who needs access.
  chmodSync(folder, 0o755);
  const remove = () => rmSync(folder, { recursive: true, force: true });

  // Never uses a Postgres or Redis of the user.
  const { DATABASE_URL: _, REDIS_URL: __, ...env } = process.env;
  const own = { HOST: '127.0.0.1', PORT: `${await freePort()}`, DATA_DIR: folder, API_KEY: key };
  const child = spawn(process.execPath, [main], { env: { ...env, LOG_LEVEL: 'warn', ...own } });
  const ended = new Promise((resolve) => child.once('close', resolve)).then(remove);
  const stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(signal, () => void stop().then(() => process.exit(1)));

  const url = await readyLine(child);
  return { url, key, ask: (task) => ask(url, task), stop };
};
