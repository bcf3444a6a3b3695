/**
 * Runs the images of build.sh as in production: not as root, on a read-only root file system, without capabilities.
 * Migrates, makes a key, pulls weights, cuts out a picture, and stops everything in order.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startEmbeddedPostgres } from '../../dist/libs/embedded-postgres/src/index.js';

const [work = '', ...storage] = process.argv.slice(2);
const [port, redisPort, adminPort] = [38_080, 38_081, 38_082];
const say = (text) => process.stdout.write(`== ${text} (${Math.round(performance.now() / 1000)} s)\n`);

const podman = (args, options = {}) => spawn('podman', [...storage, ...args], options);

/** Runs an image as build.sh says. */
const command = join(work, 'run-image');

/** Waits for what is true at last, or says what never was. */
const until = async (what, isTrue, seconds) => {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(250))
    if (await isTrue()) return;
  throw new Error(`Not within ${seconds} s: ${what}.`);
};

const folders = ['data', 'models'].map((name) => join(work, name));
for (const folder of folders) {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
}
const volumes = [`--volume=${folders[0]}:/data`, `--volume=${folders[1]}:/models`];
const weights = [`--volume=${folders[0]}:/data`, `--volume=${folders[1]}:/models:ro`];

const runOnce = (image, env, args) => {
  const flags = Object.entries(env).map(([name, value]) => `--env=${name}=${value}`);
  const options = [...volumes, ...flags, `localhost/clearcut/${image}:test`, ...args];
  const { status, stdout, stderr } = spawnSync(command, options, { encoding: 'utf8' });
  process.stdout.write(stderr);
  if (status !== 0) throw new Error(`${image} ${args.join(' ')} ended with ${status}.`);
  return stdout;
};

const start = (image, env) => {
  const flags = Object.entries(env).map(([name, value]) => `--env=${name}=${value}`);
  const options = [`--name=${image}`, ...weights, ...flags, `localhost/clearcut/${image}:test`];
  const program = spawn(command, options, { stdio: ['ignore', 'inherit', 'inherit'] });
  return { image, ended: new Promise((resolve) => program.once('exit', resolve)) };
};

/** The whole service in one container, with the weights of before: a removal, the end, and the key after a new start. */
const checkAllInOne = async () => {
  const all = join(work, 'all');
  mkdirSync(all);
  chmodSync(all, 0o777);
  cpSync(folders[1], join(all, 'models'), { recursive: true });
  const run = () => {
    const env = [`PORT=${port}`, 'HOST=127.0.0.1', 'ADMIN_HOST=127.0.0.1', `ADMIN_PORT=${adminPort}`];
    const flags = env.map((setting) => `--env=${setting}`);
    const options = ['--name=all-in-one', `--volume=${all}:/data`, ...flags];
    const program = spawn(command, [...options, 'localhost/clearcut/all-in-one:test'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    program.stdout.on('data', (chunk) => (output += chunk));
    const ended = new Promise((resolve) => program.once('exit', resolve));
    return { ended, key: () => /^key +(\S+)/m.exec(output)?.[1] };
  };

  for (const time of ['first', 'second']) {
    say(`all-in-one, ${time} start`);
    const { ended, key } = run();
    await until('the container tells its key', key, 120);
    const removal = spawnSync(process.execPath, [
      'test/images/removal.mjs',
      `http://127.0.0.1:${port}`,
      key(),
    ]);
    if (removal.status !== 0) throw new Error(removal.stderr);
    if (spawnSync('podman', [...storage, 'exec', 'all-in-one', 'node', 'tools/healthcheck.mjs']).status !== 0)
      throw new Error('The health check of all-in-one fails.');
    podman(['kill', '--signal=TERM', 'all-in-one'], { stdio: 'ignore' });
    const code = await ended;
    if (code !== 0) throw new Error(`all-in-one ended with ${code}.`);
  }
};

const postgres = await startEmbeddedPostgres({ dataDir: work });
const redis = spawn('redis-server', ['--port', `${redisPort}`, '--save', '', '--bind', '127.0.0.1'], {
  stdio: 'ignore',
});
const env = {
  DATABASE_URL: postgres.url,
  REDIS_URL: `redis://127.0.0.1:${redisPort}`,
  PORT: `${port}`,
  HOST: '127.0.0.1',
  LOG_LEVEL: 'warn',
};

try {
  say('migrate');
  process.stdout.write(runOnce('migrate', env, []));
  const key = runOnce('migrate', env, ['keys', 'create', 'shop', '--replace']).trim();
  say('models pull, models verify');
  runOnce('models', {}, ['pull', 'runware:109@1']);
  process.stdout.write(runOnce('models', {}, ['verify']));

  say('gateway, dispatcher and worker start');
  const programs = ['gateway', 'dispatcher', 'worker-cpu'].map((image, index) =>
    start(image, { ...env, ADMIN_PORT: `${adminPort + index}` }),
  );
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until('the service is ready', isReady, 120);

  say('a removal');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['test/images/removal.mjs', `http://127.0.0.1:${port}`, key],
    { encoding: 'utf8' },
  );
  process.stdout.write(stdout);
  if (status !== 0) throw new Error(stderr);

  for (const { image } of programs) {
    const { stdout } = spawnSync(
      'podman',
      [
        ...storage,
        'exec',
        image,
        'node',
        '-p',
        `process.getuid() + ' ' + / \\/ \\S+ (r.)/.exec(fs.readFileSync('/proc/self/mounts', 'utf8'))[1]`,
      ],
      { encoding: 'utf8' },
    );
    say(`${image}: its user and its root: ${stdout.trim()}`);
    if (stdout.trim() !== '10001 ro') throw new Error(`${image} is not locked down.`);
  }

  const check = ['exec', '--env', `ADMIN_PORT=${port}`, 'gateway', 'node', 'tools/healthcheck.mjs'];
  if (spawnSync('podman', [...storage, ...check]).status !== 0) throw new Error('The health check fails.');

  say('SIGTERM');
  for (const { image } of programs) podman(['kill', '--signal=TERM', image], { stdio: 'ignore' });
  const codes = await Promise.all(programs.map(({ ended }) => ended));
  say(`ended with ${codes.join(', ')}`);
  if (codes.some((code) => code !== 0)) throw new Error('A program did not end in order.');

  await checkAllInOne();
} finally {
  spawnSync('podman', [...storage, 'kill', '--all'], { stdio: 'ignore' });
  redis.kill();
  await postgres.stop();
}
