import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, putKey, type Database } from '#database';
import { defaultModel, defaultVariant } from '#models';
import { containerCommand, startContainer } from './containers.js';
import { freshDatabase } from './databases.js';
import { installGraph } from './install-graph.js';
import { migrateFleet, type LaterMigration } from './migrate-fleet.js';
import { freePort } from './redis.js';

export type ProgramName = 'gateway' | 'worker' | 'dispatcher';

/** A program in its own process, or in a container when FLEET_IMAGES is set. */
export type FleetProgram = {
  /** Set for a gateway only. */
  readonly url: string;
  readonly pid: number;
  /** For a process only. Sends a message to what was loaded into the program, and resolves with the next message from it. */
  readonly ask: (question: string) => Promise<unknown>;
  /** Resolves with the exit code when the process ends; null after a signal. */
  readonly ended: Promise<number | null>;
  /** Sends SIGTERM. @returns the exit code */
  readonly stop: () => Promise<number | null>;
};

/** Programs that share a database, a data folder and a small network. */
export type Fleet = {
  readonly key: string;
  readonly database: Database;
  readonly databaseUrl: string;
  /** The settings of its programs. */
  readonly env: NodeJS.ProcessEnv;
  /** Resolves when the program is ready. `env` is added to the settings of all. */
  readonly start: (name: ProgramName, env?: Record<string, string>) => Promise<FleetProgram>;
  /** Migrates its database as the job of this release does, or as that of a later one. */
  readonly migrate: (later?: LaterMigration) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const isReady = (message: unknown) =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';

const isIdentity = (message: unknown) =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'identity';

const untilReady = (child: ChildProcess, name: string) =>
  new Promise<void>((resolve, reject) => {
    child.on('message', (message) => {
      if (isReady(message)) resolve();
      else if (!isIdentity(message))
        reject(new Error(`the ${name} cannot start: ${JSON.stringify(message)}`));
    });
    child.once('exit', (code) => reject(new Error(`the ${name} ended with code ${code}`)));
  });

const startProcess = (name: ProgramName, env: NodeJS.ProcessEnv, output: 'inherit' | 'pipe') => {
  const child = fork(join('dist', 'apps', name, 'src', 'main.js'), {
    env,
    execArgv: [],
    stdio: ['inherit', output, output, 'ipc'],
  });
  return { child, ready: untilReady(child, name) };
};

/** A models file with the default model, but a small network. */
export const writeModelsFile = async (folder: string): Promise<string> => {
  const published = defaultVariant(defaultModel);
  const variant = await installGraph(folder, { ...published, input: { ...published.input, size: 64 } });
  const path = join(folder, 'models.json');
  await writeFile(path, JSON.stringify({ models: [{ ...defaultModel, variants: [variant] }] }));
  return path;
};

/**
 * @param ownDatabaseUrl a migrated database, by which the test itself reaches it; DATABASE_URL may lead the programs to it another way
 * @param onOutput receives what the programs write, which otherwise goes to the terminal
 */
export const startFleet = async (
  more: Record<string, string> = {},
  ownDatabaseUrl?: string,
  onOutput?: (text: string) => void,
): Promise<Fleet> => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-fleet-'));
  const databaseUrl = ownDatabaseUrl ?? (await freshDatabase());
  const database = openDatabase(databaseUrl);
  const key = 'cc_fleet_0123456789_0123456789_0123456789';
  await putKey(database, 'fleet', key);
  const settings = {
    DATABASE_URL: databaseUrl,
    DATA_DIR: folder,
    MODELS_DIR: folder,
    MODELS_FILE: await writeModelsFile(folder),
    INTRA_OP_THREADS: '1',
    LOG_LEVEL: 'error',
    ...more,
  };
  const env = { ...process.env, ...settings };
  // The user of the images writes there.
  if (containerCommand) await chmod(folder, 0o777);
  const running = new Set<FleetProgram>();

  const start = async (name: ProgramName, own: Record<string, string> = {}): Promise<FleetProgram> => {
    const port = await freePort();
    const output = onOutput ? 'pipe' : 'inherit';
    const { child, ready } = containerCommand
      ? await startContainer(name, { ...settings, PORT: `${port}`, ...own }, folder, output)
      : startProcess(name, { ...env, PORT: `${port}`, ...own }, output);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => onOutput?.(chunk.toString()));
    const ended = once(child, 'exit').then(([code]) => code as number | null);
    await ready;
    const program: FleetProgram = {
      url: `http://127.0.0.1:${port}`,
      pid: child.pid ?? 0,
      ask: async (question) => {
        const answer = once(child, 'message');
        child.send(question);
        return (await answer)[0] as unknown;
      },
      ended,
      stop: () => {
        running.delete(program);
        child.kill('SIGTERM');
        return ended;
      },
    };
    running.add(program);
    return program;
  };

  return {
    key,
    database,
    databaseUrl,
    env,
    start,
    migrate: (later) => migrateFleet(databaseUrl, settings, later),
    stop: async () => {
      await Promise.all([...running].map((program) => program.stop()));
      await database.$disconnect();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
