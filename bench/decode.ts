import { usableCores } from '#config';
import { openDecoders } from '#decoders';
import { decode as decodeHere } from '#imaging';
import type { Bench, Benchmark } from './benchmark.js';
import { readCounts } from './options.js';
import { heightOf, photo } from './photos.js';
import { median } from './statistics.js';

const TIMEOUT_MS = 600_000;

const timed = async (work: () => Promise<unknown>) => {
  const startMs = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - startMs, computedMs: (user + system) / 1000 };
};
type Timed = Awaited<ReturnType<typeof timed>>;

const line = (name: string, all: readonly Timed[]): string => {
  const [ms, computedMs] = [median(all.map((each) => each.ms)), median(all.map((each) => each.computedMs))];
  return `${name.padEnd(18)}${ms.toFixed(1).padStart(7)}${computedMs.toFixed(1).padStart(9)}`;
};

const run = async ({ args, print, stopping, closers }: Bench): Promise<void> => {
  const { rounds, width } = readCounts(args, { rounds: 60, width: 1633 });
  const height = heightOf(width);
  const jpeg = await photo(1, width, height);
  const limits = { maxPixels: width * height };
  const decoders = await openDecoders({
    limits,
    cores: usableCores(),
    timeoutMs: TIMEOUT_MS,
    onEnd: ({ detail }) => print(`a decoder ended: ${detail}`),
    onFileFault: (reason) => print(`no file for pixels: ${reason}`),
  });
  closers.push(decoders.close);

  // In turn, so that a slow moment of the machine affects both.
  const here: Timed[] = [];
  const boxed: Timed[] = [];
  for (let round = 0; round < rounds; round++) {
    stopping.signal.throwIfAborted();
    here.push(await timed(() => decodeHere(jpeg, limits)));
    boxed.push(await timed(() => decoders.decode(jpeg)));
  }

  print(`A JPEG of ${width} × ${height}; medians of ${rounds} rounds in milliseconds`);
  print(`${''.padEnd(18)}   took   worker`);
  print(line('in this process', here));
  print(line('in its own', boxed));
  const price = median(boxed.map(({ ms }) => ms)) - median(here.map(({ ms }) => ms));
  print(`price of the process: ${price.toFixed(1)} ms an image`);
};

export const decode: Benchmark = {
  about: 'decoding in a process of its own against decoding in the worker; --rounds 60 --width 1633',
  smallest: ['--rounds', '2', '--width', '400'],
  run,
};
