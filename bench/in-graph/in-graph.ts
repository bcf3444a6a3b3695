import { toMask, toTensor, type Raster } from '#matting';
import * as ort from 'onnxruntime-node';
import type { Bench, Benchmark } from '../benchmark.js';
import { readCounts } from '../options.js';
import { randomFrom } from '../photos.js';
import { median } from '../statistics.js';
import { byArithmetic, byGather, passing, PER_CHANNEL, toBytes } from './graphs.js';

const MEAN = [0.485, 0.456, 0.406] as const;
const STD = [0.229, 0.224, 0.225] as const;

const floats = (data: Float32Array, dims: readonly number[]) => new ort.Tensor('float32', data, dims);

type Way = { readonly name: string; readonly run: () => Promise<Float32Array | Uint8Array> };

/** A square photo of noise to the input of a network. */
const normalising = async (size: number, samples: Uint8Array): Promise<readonly Way[]> => {
  const photo: Raster = { data: samples, width: size, height: size, channels: 3 };
  const [inDims, outDims] = [
    [1, size, size, 3],
    [1, 3, size, size],
  ] as const;
  const [pass, gather, arithmetic] = [await passing(outDims), await byGather(size), await byArithmetic(size)];
  const [nchw, y] = [new Float32Array(samples.length), new Float32Array(samples.length)];
  const table = Float32Array.from({ length: 768 }, (_, i) => {
    const channel = (i >> 8) as 0 | 1 | 2;
    return ((i & 255) / 255 - MEAN[channel]) / STD[channel];
  });
  const scale = Float32Array.from(STD, (std) => 1 / 255 / std);
  const shift = Float32Array.from(STD, (std, channel) => -MEAN[channel as 0 | 1 | 2] / std);
  const x = () => new ort.Tensor('uint8', samples, inDims);
  const into = { y: floats(y, outDims) };
  return [
    {
      name: 'ours, then moved by a graph',
      run: async () => {
        toTensor(photo, { mean: MEAN, std: STD }, nchw);
        await pass.run({ x: floats(nchw, outDims) }, into);
        return y;
      },
    },
    {
      name: 'in the graph, by table',
      run: async () => {
        await gather.run({ x: x(), table: floats(table, [768]) }, into);
        return y;
      },
    },
    {
      name: 'in the graph, by arithmetic',
      run: async () => {
        await arithmetic.run(
          { x: x(), scale: floats(scale, PER_CHANNEL), shift: floats(shift, PER_CHANNEL) },
          into,
        );
        return y;
      },
    },
  ];
};

/** The output of a network to a mask. */
const quantising = async (size: number): Promise<readonly Way[]> => {
  const dims = [1, 1, size, size];
  const [pass, bytes] = [await passing(dims), await toBytes(size)];
  const prediction = Float32Array.from(
    { length: size * size },
    (_, i) => 0.45 + 0.5 * Math.sin(i / 1000) * Math.cos(i / 1e5),
  );
  const [y, mask] = [new Float32Array(prediction.length), new Uint8Array(prediction.length)];
  return [
    {
      name: 'ours, after a move by a graph',
      run: async () => {
        await pass.run({ x: floats(prediction, dims) }, { y: floats(y, dims) });
        return toMask(y, size).data;
      },
    },
    {
      name: 'in the graph',
      run: async () => {
        await bytes.run({ x: floats(prediction, dims) }, { y: new ort.Tensor('uint8', mask, dims) });
        return mask;
      },
    },
  ];
};

const coreMs = async (work: () => Promise<unknown>): Promise<number> => {
  const from = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
};

/** How many values differ from those of the first way. */
const differences = (first: ArrayLike<number>, values: ArrayLike<number>): number => {
  let count = 0;
  for (let i = 0; i < first.length; i++) if (first[i] !== values[i]) count++;
  return count;
};

const compare = async ({ print, stopping }: Bench, title: string, ways: readonly Way[], rounds: number) => {
  const [first] = ways;
  if (!first) return;
  const expected = (await first.run()).slice();
  const took = ways.map((): number[] => []);
  const differing: number[] = [];
  for (const way of ways) differing.push(differences(expected, await way.run()));
  for (let round = 0; round < rounds; round++) {
    stopping.signal.throwIfAborted();
    // In turn, so that a slow moment of the machine affects all of them.
    for (const [i, way] of ways.entries()) took[i]?.push(await coreMs(way.run));
  }
  print(
    `\n${title}: core-ms, the median of ${rounds} rounds · the least · values that differ of ${expected.length}`,
  );
  for (const [i, { name }] of ways.entries()) {
    const ms = took[i] ?? [];
    const figures = [
      median(ms).toFixed(1).padStart(7),
      Math.min(...ms)
        .toFixed(1)
        .padStart(7),
    ];
    print(`  ${name.padEnd(30)}${figures.join('')}${String(differing[i]).padStart(9)}`);
  }
};

const run = async (bench: Bench): Promise<void> => {
  const { rounds, size } = readCounts(bench.args, { rounds: 20, size: 1024 });
  const random = randomFrom(7);
  const samples = Uint8Array.from({ length: 3 * size * size }, () => 256 * random());
  samples[0] = 255;
  await compare(
    bench,
    'From the samples to the input of a network',
    await normalising(size, samples),
    rounds,
  );
  await compare(bench, 'From its output to the mask', await quantising(size), rounds);
};

export const inGraph: Benchmark = {
  about: 'what normalising and quantising would cost inside the graph; --rounds 20 --size 1024',
  smallest: ['--rounds', '2', '--size', '64'],
  run,
};
