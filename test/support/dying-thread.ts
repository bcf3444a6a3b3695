import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { serveDevice, type Network, type Session } from '#inference';

// The thread of a GPU that dies at a run, as often as the file at TEST_DEATHS says: `sticky 3` or `hang 1`.

const file = process.env['TEST_DEATHS'] ?? '';
const DIES_AT = 3;
const sticky = 'CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=test';
let runs = 0;
let isDead = false;

const deathsLeft = (): [kind: string, count: number] => {
  try {
    const [kind = '', count] = readFileSync(file, 'utf8').split(' ');
    return [kind, Number(count)];
  } catch {
    return ['', 0];
  }
};

/** A native call that never returns: neither a message nor the end of the process gets through to this thread. */
const hang = (): never => {
  for (;;) spawnSync('sleep', ['5']);
};

const mayDie = () => {
  const [kind, count] = deathsLeft();
  if (isDead) throw new Error(sticky);
  if (count === 0 || ++runs < DIES_AT) return;
  isDead = true;
  if (count === 1) rmSync(file);
  else writeFileSync(file, `${kind} ${count - 1}`);
  if (kind === 'hang') hang();
  throw new Error(sticky);
};

const open = async ({ input }: Network): Promise<Session> => ({
  bytes: 0,
  run: async (images) => {
    mayDie();
    return { outputs: images.map(() => new Float32Array(input.size ** 2)), ms: 1 };
  },
  release: async () => undefined,
});

serveDevice({
  facts: { requested: 'cuda', provider: 'cuda', device: 'cuda:0' },
  open,
  estimateBytes: async () => 0,
});
