import { startFleet, type Fleet } from '#test/fleet';
import { freePort, startRedis, type TestRedis } from '#test/redis';
import { startS3Store, type S3Store } from '#test/s3-store';
import { canMountDisks, mountSmallDisk, type SmallDisk } from '#test/small-disk';
import { startTcpProxy, type TcpProxy } from '#test/tcp-proxy';
import { startOwnPostgres, type OwnPostgres } from './own-postgres.js';
import { startPrograms, type Programs } from './programs.js';

export type Backend = 'Postgres' | 'Redis';
export type StorageKind = 'disk' | 'S3';

/** The programs and what they depend on, each with the network that leads to it. */
export type Stage = {
  readonly fleet: Fleet;
  readonly programs: Programs;
  readonly gatewayUrl: string;
  readonly postgres: OwnPostgres;
  readonly redis: { readonly server: TestRedis; readonly network: TcpProxy } | undefined;
  /** Undefined when images are in S3, or nobody may mount a disk here. */
  readonly disk: SmallDisk | undefined;
  readonly s3: { readonly store: S3Store; readonly network: TcpProxy } | undefined;
  readonly stop: () => Promise<void>;
};

type Options = { readonly backend: Backend; readonly storage: StorageKind; readonly seed: number };
type Closer = () => Promise<void>;

/** For the images of some thousand tasks. */
const DISK_MEGABYTES = 128;

const openRedis = async (closers: Closer[]) => {
  const server = await startRedis();
  closers.push(server.stop);
  const network = await startTcpProxy(Number(new URL(server.url).port));
  closers.push(network.stop);
  return { server, network };
};

const openDisk = async (closers: Closer[]) => {
  const disk = await mountSmallDisk(DISK_MEGABYTES);
  closers.push(disk.stop);
  return disk;
};

const openS3 = async (closers: Closer[]) => {
  const store = await startS3Store();
  closers.push(store.stop);
  const network = await startTcpProxy(Number(new URL(store.url).port));
  closers.push(network.stop);
  return { store, network };
};

const loopback = (port: number, scheme: string) => `${scheme}://127.0.0.1:${port}`;

const closeAll = async (closers: readonly Closer[]) => {
  for (const close of closers.toReversed()) await close();
};

/** Starts everything. What was started is stopped again when a part does not start. */
export const openStage = async ({ backend, storage, seed }: Options): Promise<Stage> => {
  const closers: Closer[] = [];
  try {
    const postgres = await startOwnPostgres();
    closers.push(postgres.close);
    const redis = backend === 'Redis' ? await openRedis(closers) : undefined;
    const disk = storage === 'disk' && canMountDisks ? await openDisk(closers) : undefined;
    const s3 = storage === 'S3' ? await openS3(closers) : undefined;
    const gatewayPort = `${await freePort()}`;
    const env = {
      OUTBOUND_ALLOW: '127.0.0.1',
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
      DATABASE_URL: postgres.url,
      REDIS_URL: redis ? loopback(redis.network.port, 'redis') : '',
      ...(disk && { DATA_DIR: disk.folder }),
      ...(s3 && { ...s3.store.env, S3_ENDPOINT: loopback(s3.network.port, 'http') }),
    };
    const fleet = await startFleet(env, postgres.ownUrl);
    closers.push(fleet.stop);
    const programs = await startPrograms(fleet, { seed, gatewayPort });
    closers.push(programs.stop);
    const gatewayUrl = loopback(Number(gatewayPort), 'http');
    return { fleet, programs, gatewayUrl, postgres, redis, disk, s3, stop: () => closeAll(closers) };
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
};
