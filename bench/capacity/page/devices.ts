import { assumptions, bounds, gpuMilliseconds, published, targets } from '../assumptions.js';
import type { Measured } from '../measured.js';
import { coresPerGpu, gpusFor, taskCost, workersPerGpu } from '../model.js';
import { count, ms, number, table } from './words.js';

const gpuRow = (label: string, gpuMs: number) => [
  label,
  ...targets.map((rate) => count(gpusFor(rate, gpuMs, assumptions))),
];

export const gpus = (): string[] => [
  '## GPUs',
  '',
  'Take the row of your own milliseconds per image: `clearcut_device_busy_seconds_total` over',
  '`clearcut_device_images_total`, or the stage `infer` of a task that had the device alone. The rows with names are what',
  'others published of the networks ([models](models.md)); we measured none of them, and had no GPU.',
  '',
  ...table(
    ['ms of a GPU for an image', ...targets.map((rate) => `${count(rate)} images/s`)],
    [
      ...gpuMilliseconds.map((gpuMs) => gpuRow(`**${gpuMs}**`, gpuMs)),
      ...published.map(({ what, ms }) => gpuRow(`${ms}: ${what}`, ms)),
    ],
  ),
  `GPUs = images/s × ms / 1000 / ${assumptions.fullness}. A GPU that is planned fuller than that makes callers wait in bursts.`,
];

export const processors = (measured: Measured): string[] => {
  const { photo } = measured;
  const { stages } = photo;
  const { workerMs } = taskCost(measured, 'url');
  const sum = stages.decode + stages.preprocess + stages.postprocess + stages.encode;
  return [
    '## Cores beside the GPU',
    '',
    `An image of ${count(photo.width)} × ${count(photo.height)} costs a worker ${ms(workerMs)} ms of the CPU, whatever its GPU does meanwhile:`,
    '',
    ...table(
      [
        'decode',
        'preprocess',
        'postprocess',
        'encode (PNG)',
        'the rest: queue, rows, storage, and what it costs to share the cores',
      ],
      [
        [
          ...[stages.decode, stages.preprocess, stages.postprocess, stages.encode].map(ms),
          ms(Math.max(0, workerMs - sum)),
        ],
      ],
    ),
    'The faster the GPU, the more cores it needs at its side, and at some point several workers: each decodes and encodes',
    `on ${bounds.codecThreads} threads (\`UV_THREADPOOL_SIZE\`, which the images set; outside of them it is 4), and has at most ${bounds.inHand} tasks in hand`,
    '(`WORKER_CONCURRENCY`, which should be the cores and one more).',
    '',
    ...table(
      ['ms of a GPU for an image', 'cores that keep one GPU busy', 'workers on one GPU'],
      gpuMilliseconds.map((gpuMs) => [
        gpuMs,
        number(coresPerGpu(workerMs, gpuMs)),
        count(workersPerGpu(measured, gpuMs)),
      ]),
    ),
    'Decode, postprocess and encode go with the pixels of the image; preprocess and the price of a task hardly do.',
  ];
};
