import type { Backend, Cost, Measured } from '../measured.js';
import type { Way } from '../model.js';
import { bytes, count, ms, number, table, type Row } from './words.js';

const ways: Readonly<Record<Way, string>> = {
  inline: 'in the request, the caller waits',
  url: 'by URL, the end by webhook',
};
const places = { redis: 'Redis', postgres: 'Postgres' } as const;
type Place = keyof typeof places;

const rowOf = (place: Place, way: Way, { cpuMs, transactions, walBytes, commands }: Cost): Row => [
  `${places[place]}: ${ways[way]}`,
  ms(cpuMs.gateway),
  ms(cpuMs.worker),
  ms(cpuMs.dispatcher),
  ms(cpuMs.postgres),
  cpuMs.redis === undefined ? '—' : ms(cpuMs.redis),
  number(transactions),
  bytes(walBytes),
  commands === undefined ? '—' : number(commands),
];

const backendsOf = ({ backends }: Measured): (readonly [Place, Backend])[] => [
  ...(backends.redis ? ([['redis', backends.redis]] as const) : []),
  ['postgres', backends.postgres],
];

const idleRow = ([place, { idle, connections, jobBytes }]: readonly [Place, Backend]): Row => [
  places[place],
  ...(['gateway', 'worker', 'dispatcher', 'postgres'] as const).map((name) => number(idle.cpuMs[name])),
  idle.cpuMs.redis === undefined ? '—' : number(idle.cpuMs.redis),
  number(idle.transactions),
  `${connections.gateway} / ${connections.worker} / ${connections.dispatcher}`,
  bytes(jobBytes),
];

export const tasks = (measured: Measured): string[] => {
  const backends = backendsOf(measured);
  const { rows } = measured;
  return [
    '## What a task costs',
    '',
    'Tiny images, a network of nothing, images in an object store: what is left is the price of a task. Milliseconds of the',
    'CPU for a task are also **cores for 1,000 tasks/s**.',
    '',
    ...table(
      [
        'the queue in, the image',
        'gateway',
        'worker',
        'dispatcher',
        'Postgres',
        'Redis',
        'transactions',
        'WAL',
        'commands to Redis',
      ],
      backends.flatMap(([place, { tiny }]) => [
        rowOf(place, 'inline', tiny.inline),
        rowOf(place, 'url', tiny.url),
      ]),
    ),
    'One of each program that has nothing to do, in milliseconds of the CPU for a second; what it has open; and what a job',
    'takes that waits:',
    '',
    ...table(
      [
        'the queue in',
        'gateway',
        'worker',
        'dispatcher',
        'Postgres',
        'Redis',
        'transactions/s',
        'connections to Postgres: gateway / worker / dispatcher',
        'a waiting job',
      ],
      backends.map(idleRow),
    ),
    `Kept of it in Postgres, indexes included: ${count(rows.tasks)} bytes for the task, ${count(rows.images)} for each of its two images,`,
    `${count(rows.deliveries + rows.attempts)} for a webhook that came through at once. Rows of tasks and images are never deleted, today.`,
    '',
  ];
};
