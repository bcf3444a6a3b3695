import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from './redis.js';
import { until } from './until.js';

/**
 * Runs a container: the last arguments are options of `podman run` and an image. test/images/build.sh makes this
 * command. Without it, a fleet's programs are processes.
 */
export const containerCommand = process.env['FLEET_IMAGES'];

const images = { gateway: 'gateway', worker: 'worker-cpu', dispatcher: 'dispatcher', migrate: 'migrate' };

/** Starting one on a busy machine takes longer than starting a process. */
const START_MS = 180_000;

type Settings = Readonly<Record<string, string>>;

type Output = 'inherit' | 'pipe';

const runImage = (
  name: keyof typeof images,
  settings: Settings,
  options: readonly string[],
  output: Output,
): ChildProcess => {
  const flags = Object.entries(settings).map(([setting, value]) => `--env=${setting}=${value}`);
  return spawn(
    containerCommand ?? 'podman',
    [...options, ...flags, `localhost/clearcut/${images[name]}:test`],
    { stdio: ['ignore', output, output] },
  );
};

const isReady = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );

/** Starts the program's image, with the folder as its data and, read-only, as its models. `ready` asks its health. */
export const startContainer = async (
  name: 'gateway' | 'worker' | 'dispatcher',
  settings: Settings,
  folder: string,
  output: Output,
): Promise<{ readonly child: ChildProcess; readonly ready: Promise<unknown> }> => {
  const port = await freePort();
  const { DATA_DIR: _data, MODELS_DIR: _models, ...others } = settings;
  const own = { HOST: '127.0.0.1', ADMIN_HOST: '127.0.0.1', ADMIN_PORT: `${port}` };
  const env = { ...others, ...own, MODELS_FILE: '/models/models.json' };
  const child = runImage(name, env, [`--volume=${folder}:/data`, `--volume=${folder}:/models:ro`], output);
  const look = () => {
    if (child.exitCode !== null) throw new Error(`the image of the ${name} ended with ${child.exitCode}`);
    return isReady(port);
  };
  return { child, ready: until(`the image of the ${name}`, look, START_MS) };
};

/** Migrates by the image; `migrations` is a folder that takes the place of the image's own. */
export const migrateByImage = async (settings: Settings, migrations?: string): Promise<void> => {
  const options = migrations ? [`--volume=${migrations}:/app/prisma/migrations:ro`] : [];
  const child = runImage('migrate', settings, options, 'inherit');
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the image migrate ended with ${code}`);
};
