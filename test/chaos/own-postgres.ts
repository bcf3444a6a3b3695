import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '#database';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#embedded-postgres';
import { startTcpProxy, type TcpProxy } from '#test/tcp-proxy';

/** A Postgres that a test can stop, kill and start again. Its addresses stay the same. */
export type OwnPostgres = {
  /** By which the programs reach it. */
  readonly url: string;
  /** By which the test reaches it, past the faults of the network. */
  readonly ownUrl: string;
  readonly network: TcpProxy;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** Ends it for good. */
  readonly close: () => Promise<void>;
};

const portOf = (url: string) => Number(new URL(url).port);
const withPort = (url: string, port: number) => Object.assign(new URL(url), { port: `${port}` }).href;

export const startOwnPostgres = async (): Promise<OwnPostgres> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'clearcut-chaos-'));
  // As root, Postgres runs as another user, who would otherwise use a different folder.
  await chmod(dataDir, 0o755);
  let server: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir });
  await migrate(server.url);
  const network = await startTcpProxy(portOf(server.url));
  const ownNetwork = await startTcpProxy(portOf(server.url));
  return {
    url: withPort(server.url, network.port),
    ownUrl: withPort(server.url, ownNetwork.port),
    network,
    stop: () => server.stop(),
    kill: async () => {
      const lock = await readFile(join(server.databaseDir, 'postmaster.pid'), 'utf8');
      process.kill(Number.parseInt(lock, 10), 'SIGKILL');
    },
    start: async () => {
      server = await startEmbeddedPostgres({ dataDir });
      for (const each of [network, ownNetwork]) each.leadTo(portOf(server.url));
    },
    close: async () => {
      await Promise.all([network.stop(), ownNetwork.stop()]);
      await server.stop();
      for (const folder of [dataDir, server.databaseDir]) await rm(folder, { recursive: true, force: true });
    },
  };
};
