import { assumptions } from '../assumptions.js';
import type { Measured } from '../measured.js';
import { gpus, processors } from './devices.js';
import { fastest } from '../model.js';
import { example } from './example.js';
import { splits } from './splits.js';
import { GPU_MS, objectStore, plansOf, postgres } from './stores.js';
import { tasks } from './tasks.js';
import { bytes, count, number, table } from './words.js';

const opening = (measured: Measured): string[] => {
  const { machine, photo, backends } = measured;
  const software = [
    `Node ${machine.node}`,
    `Postgres ${machine.postgres}`,
    ...(machine.redis ? [`Redis ${machine.redis}`] : []),
  ];
  return [
    '# Capacity',
    '',
    'How many GPUs, cores and servers for how many images a second. The page is computed: `npm run bench -- capacity --write`',
    'measures what a task costs each program, `npm run docs` makes the tables of it. Run the first on your own machine.',
    '',
    `Measured ${machine.date} on ${machine.cores} cores (${machine.cpu}), ${software.join(', ')}, all on one machine over loopback, other work`,
    `beside it. So take a figure for right within a factor of two, and what lies beyond ${count(fastest(measured))} tasks/s for paper:`,
    'the model multiplies, and knows nothing of what only shows under load. A network costs latency, which costs no cores.',
    ...(backends.redis
      ? []
      : ['', '**Nothing was measured with the queue in Redis: there was none on this machine.**']),
    '',
    `Assumed: everything planned ${assumptions.fullness * 100} % full; ${count(photo.width)} × ${count(photo.height)} JPEG by URL, PNG out, the end by webhook; a gateway accepts a`,
    `task in ${assumptions.acceptMs} ms, a receiver answers in ${assumptions.receiverMs} ms; one Postgres has ${assumptions.postgres.cores} cores and ${bytes(assumptions.postgres.memoryBytes)} at most. They stand in`,
    '`bench/capacity/assumptions.ts`.',
    '',
  ];
};

const summary = (measured: Measured): string[] => [
  '## In short',
  '',
  ...table(
    [
      'images/s',
      `GPUs at ${GPU_MS} ms`,
      'worker cores',
      'gateways',
      'dispatchers',
      'Postgres: cores, servers',
      'Redis servers',
      'object store',
    ],
    plansOf(measured).map((each) => [
      count(each.rate),
      count(each.gpus),
      count(each.workerCores),
      count(each.gateways),
      count(each.dispatchers),
      `${count(each.postgresCores)}, ${count(Math.max(each.primariesByCores, each.primariesByCommits))}`,
      measured.backends.redis ? count(each.redisServers) : 'not measured',
      `${bytes(each.storeBytes)}/s, ${number(each.storeRequests)} requests/s`,
    ]),
  ),
];

/** docs/capacity.md */
export const capacityPage = (measured: Measured): string =>
  [
    ...opening(measured),
    ...summary(measured),
    ...gpus(),
    '',
    ...processors(measured),
    '',
    ...tasks(measured),
    ...postgres(measured),
    ...objectStore(measured),
    ...splits(measured),
    ...example(measured),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
