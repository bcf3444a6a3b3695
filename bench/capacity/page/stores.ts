import { assumptions, bounds, targets } from '../assumptions.js';
import type { Measured } from '../measured.js';
import { plan, taskCost } from '../model.js';
import { bytes, count, number, table } from './words.js';

/** Of connections and notifications, what depends on how many workers there are. */
export const GPU_MS = 100;

export const plansOf = (measured: Measured) => {
  const cost = taskCost(measured, 'url');
  return targets.map((rate) => ({ rate, ...plan(cost, { rate, gpuMs: GPU_MS }, assumptions) }));
};

const days = (value: number) => (value < 1 ? `${number(value * 24)} hours` : `${number(value)} days`);

const commits = ({ commits }: Measured): string[] => [
  'One server is enough as long as both its cores and its commits are. A transaction that notifies holds a lock which all',
  'others that notify wait for, until the disk has it. Commits a second of',
  `${commits.clients} clients, with one small update each, on this disk: **${number(commits.silent)}** that tell nobody, **${number(commits.notifying)}** that notify, as the end of a`,
  `task does, and ${number(commits.notifyingAfter)} where the notification follows in a transaction of its own, which none does today. The disk was shared: of`,
  'all figures these move most, by a factor of three between runs. Measure your own.',
  '',
];

export const postgres = (measured: Measured): string[] => [
  '## Postgres',
  '',
  ...commits(measured),
  ...table(
    [
      'images/s',
      'cores',
      `servers of ${assumptions.postgres.cores} cores`,
      'servers by commits',
      'transactions/s',
      'WAL/s',
      'WAL/s at most',
      'connections',
      'notifications/s',
      'rows a day',
      'disk a day',
      `fills ${bytes(assumptions.postgres.memoryBytes)} of memory in`,
    ],
    plansOf(measured).map((each) => [
      count(each.rate),
      count(each.postgresCores),
      count(each.primariesByCores),
      count(each.primariesByCommits),
      number(each.transactions),
      bytes(each.walBytes),
      bytes(each.walBytesAtMost),
      count(each.connections),
      number(each.notifications),
      number(each.rowsPerDay),
      bytes(each.rowBytesPerDay),
      days(each.daysInMemory),
    ]),
  ),
  `The WAL is that of small tables. Where the indexes have outgrown the memory, each task touches ${bounds.randomPages} of their pages at`,
  'random (its UUID, and those of its images), and the first touch after a checkpoint writes the page as a whole: that is',
  '"at most", before `wal_compression`. Connections are those of full pools, a worker for each GPU; the queue in Redis.',
  'Each gateway and each dispatcher hears of each end, so that notifications grow with both rate and fleet.',
  '',
];

export const objectStore = (measured: Measured): string[] => {
  const { jpegBytes, pngBytes } = measured.photo;
  return [
    '## Object store and network',
    '',
    `A JPEG of ${bytes(jpegBytes)} in and a PNG of ${bytes(pngBytes)} out, each result fetched once, by a redirect and not through`,
    'a gateway. What a day stores stays until its `ttl`, or for 30 days without one.',
    '',
    ...table(
      ['images/s', 'requests/s', 'bytes/s', 'Gbit/s', 'stored a day'],
      plansOf(measured).map((each) => [
        count(each.rate),
        number(each.storeRequests),
        bytes(each.storeBytes),
        number((each.storeBytes * 8) / 1e9),
        bytes(each.storedBytesPerDay),
      ]),
    ),
    'An image inside a request passes a gateway as base64, a third larger, and the store once more; see the limits below.',
    'A `ttl` of an hour divides what is stored by the hours of its month: 720.',
    '',
  ];
};
