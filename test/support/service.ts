import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readServiceConfig, type ServiceConfig } from '#config';
import { openDatabase, putKey, type Database } from '#database';
import { defaultModel, defaultVariant, type Catalogue, type Model } from '#models';
import type { Running } from '#program';
import { openSecrets, type Secrets } from '#secrets';
import { createLogger, type Logger } from '#telemetry';
import { startDispatcher, type DispatcherOptions } from '../../apps/dispatcher/src/start-dispatcher.js';
import { startGateway, type GatewayOptions } from '../../apps/gateway/src/start-gateway.js';
import { startWorker, type WorkerOptions } from '../../apps/worker/src/start-worker.js';
import { createClient, type Client } from './client.js';
import { freshDatabase, superuserSql } from './databases.js';
import { installGraph } from './install-graph.js';
import { createProgramRoles } from './program-roles.js';
import { freePort } from './redis.js';

const SIZE = 64;

export type Service = Client & {
  readonly url: string;
  readonly key: string;
  readonly config: ServiceConfig;
  readonly database: Database;
  readonly secrets: Secrets;
  /** Separate programs, so that a test can start them late, stop them and restart them. */
  readonly worker: Program;
  readonly dispatcher: Program;
  /** A second worker. */
  readonly otherDispatcher: Program;
  readonly gateway: Program;
  /** A second gateway that shares only the database and the storage. */
  readonly otherGateway: Program & { readonly url: string; readonly post: Client['post'] };
  /** The admin ports. Only with `admin`. */
  readonly admin: Readonly<Record<'gateway' | 'worker' | 'dispatcher', string>>;
  readonly stop: () => Promise<void>;
};
export type Program = { readonly start: () => Promise<void>; readonly stop: () => Promise<void> };

const failOnCrash = (error: Error) => {
  throw error;
};

const toProgram = (start: () => Promise<Running>): Program => {
  let running: Running | undefined;
  return {
    start: async () => {
      running ??= await start();
    },
    stop: async () => {
      await running?.stop();
      running = undefined;
    },
  };
};

const areRolesAsked = process.env['TEST_DATABASE_ROLES'] === '1';

const rolesOf = async (databaseUrl: string, ownRoles: boolean) => {
  // Some tests look at what the connections of the programs wait for.
  if (areRolesAsked) await superuserSql(`GRANT pg_read_all_stats TO ${new URL(databaseUrl).username}`);
  return ownRoles ? createProgramRoles(databaseUrl) : undefined;
};

/** A second model that is not installed. */
export const absentModel: Model = { ...defaultModel, air: 'acme:1@1', slug: 'absent', name: 'Absent' };

/** A models file with the default model, but a small network, and a second model. */
const testCatalogue = async (modelsDir: string): Promise<Catalogue> => {
  const published = defaultVariant(defaultModel);
  const variant = await installGraph(modelsDir, { ...published, input: { ...published.input, size: SIZE } });
  const model: Model = { ...defaultModel, variants: [variant] };
  const absent: Model = { ...absentModel, variants: [{ ...published, sha256: '0'.repeat(64) }] };
  return new Map([model, absent].map((each) => [each.air, each]));
};

export type ServiceOptions = {
  readonly env?: Record<string, string>;
  /** Replaces the catalogue, and installs its files into the models folder. */
  readonly makeCatalogue?: (modelsDir: string) => Promise<Catalogue>;
  /** Receives the log's lines. */
  readonly log?: Logger;
  /** Gives each program an admin port. */
  readonly admin?: boolean;
  /** Starts as if no worker had ever run. */
  readonly neverServed?: boolean;
  /** Gives each program a role of its own in Postgres. */
  readonly ownRoles?: boolean;
  readonly gatewayOptions?: GatewayOptions;
  /** Time that a stopping gateway has for the tasks in hand. */
  readonly gatewayGraceMs?: number;
  readonly workerOptions?: WorkerOptions;
  readonly dispatcherOptions?: DispatcherOptions;
};

/**
 * Gateway, worker and dispatcher in this process, with their own database and data folder. Only the gateway
 * is started: call `worker.start()` and `dispatcher.start()`.
 */
export const startService = async ({
  env = {},
  makeCatalogue = testCatalogue,
  neverServed = false,
  admin = false,
  ownRoles = areRolesAsked,
  log: given,
  gatewayOptions,
  gatewayGraceMs = 1000,
  workerOptions,
  dispatcherOptions,
}: ServiceOptions = {}): Promise<Service> => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-service-'));
  const [port, otherPort] = [await freePort(), await freePort()];
  const adminPorts = { gateway: await freePort(), worker: await freePort(), dispatcher: await freePort() };
  const config = readServiceConfig({
    PORT: `${port}`,
    DATA_DIR: folder,
    MODELS_DIR: folder,
    DATABASE_URL: await freshDatabase(),
    INTRA_OP_THREADS: '1',
    SHUTDOWN_GRACE_S: '2',
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    ...env,
  });
  const models = await makeCatalogue(folder);
  const log = given ?? createLogger('test', config.LOG_LEVEL);
  const roles = await rolesOf(config.DATABASE_URL, ownRoles);

  const database = openDatabase(config.DATABASE_URL);
  const key = `cc_${randomUUID()}${randomUUID()}`;
  await putKey(database, 'local', key);
  // Makes the gateway accept tasks while the worker is away, as after a restart.
  const airs = [...models.keys()].filter((air) => air !== absentModel.air);
  const lastServedAt = new Date();
  if (!neverServed)
    await database.servedModel.createMany({ data: airs.map((air) => ({ air, lastServedAt })) });

  const plainContextOf = (name: keyof typeof adminPorts) => {
    const own = roles && { DATABASE_URL: roles.urls[name], DATABASE_ROLES: roles.prefix };
    return { config: { ...config, ...own }, log, crash: failOnCrash };
  };
  const contextOf = (name: keyof typeof adminPorts) => {
    const context = plainContextOf(name);
    return admin ? { ...context, config: { ...context.config, ADMIN_PORT: adminPorts[name] } } : context;
  };
  const gateway = toProgram(() => startGateway(contextOf('gateway'), models, gatewayGraceMs, gatewayOptions));
  const plainContext = plainContextOf('gateway');
  const otherContext = { ...plainContext, config: { ...plainContext.config, PORT: otherPort } };
  const otherGateway = toProgram(() => startGateway(otherContext, models, gatewayGraceMs, gatewayOptions));
  const worker = toProgram(() =>
    startWorker(contextOf('worker'), models, { graceMs: 1000, ...workerOptions }),
  );
  const dispatcher = toProgram(() => startDispatcher(contextOf('dispatcher'), dispatcherOptions));
  const otherDispatcher = toProgram(() => startDispatcher(plainContextOf('dispatcher'), dispatcherOptions));
  const stop = async () => {
    const programs = [gateway, otherGateway, worker, dispatcher, otherDispatcher];
    await Promise.all(programs.map((program) => program.stop()));
    await database.$disconnect();
    await rm(folder, { recursive: true, force: true });
  };
  await gateway.start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });

  const url = `http://127.0.0.1:${port}`;
  const otherUrl = `http://127.0.0.1:${otherPort}`;
  return {
    ...createClient(url, key),
    url,
    key,
    config,
    database,
    secrets: openSecrets(config),
    admin: {
      gateway: `http://127.0.0.1:${adminPorts.gateway}`,
      worker: `http://127.0.0.1:${adminPorts.worker}`,
      dispatcher: `http://127.0.0.1:${adminPorts.dispatcher}`,
    },
    gateway,
    otherGateway: { ...otherGateway, url: otherUrl, post: createClient(otherUrl, key).post },
    worker,
    dispatcher,
    otherDispatcher,
    stop,
  };
};
