import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../benchmark.js';
import { stageCosts } from '../device/stage-costs.js';
import { photo } from '../photos.js';
import { measureCommits } from './commits.js';
import { nothing, perSecond, perTask, readCounters, type Subject } from './counters.js';
import { measureJobs } from './jobs.js';
import type { Backend, Measured } from './measured.js';
import { countConnections } from './processes.js';
import { measureRows } from './rows.js';
import { describeMachine, openSubject, within, type Place } from './setting.js';
import { startTraffic, type Way } from './traffic.js';

/** How long tasks are made, again and again. */
export type Options = { readonly seconds: number };

/** Side of the tiny images' network. */
const TINY = 64;
/** Two megapixels, and what the networks of the catalogue take. */
const [WIDTH, HEIGHT, SIZE] = [1632, 1224, 1024];
const IN_HAND = 4;
const IN_FLIGHT = 16;
/** An idle backend of Postgres tells of its transactions after ten seconds; a busy one, within one. */
const TOLD_AFTER_MS = 11_000;

const connectionsOf = async ({ service }: Subject): Promise<Backend['connections']> => {
  const port = Number(new URL(service.databaseUrl).port);
  return {
    gateway: await countConnections(service.gateway.pid, port),
    worker: await countConnections(service.worker.pid, port),
    dispatcher: await countConnections(service.dispatcher.pid, port),
  };
};

const measurePlace = async (bench: Bench, subject: Subject, { seconds }: Options): Promise<Backend> => {
  const { signal } = bench.stopping;
  const traffic = await startTraffic(bench, subject.service, await photo(0, TINY, TINY));
  for (const way of ['inline', 'url'] as const) await traffic(way, seconds / 2, IN_FLIGHT);
  const connections = await connectionsOf(subject);

  await sleep(TOLD_AFTER_MS, undefined, { signal });
  const start = await readCounters(subject, signal);
  await sleep(TOLD_AFTER_MS, undefined, { signal });
  const idle = perSecond(start, await readCounters(subject, signal));

  const lap = async (way: Way) => {
    const from = await readCounters(subject, signal);
    const made = await traffic(way, seconds, IN_FLIGHT);
    return perTask(from, await readCounters(subject, signal), { ...made, idle });
  };
  const tiny = { inline: await lap('inline'), url: await lap('url') };
  const { cpuMs, transactions } = idle;
  return {
    idle: { cpuMs, transactions },
    tiny,
    connections,
    jobBytes: await measureJobs(subject, bench),
  };
};

const meanOutput = async ({ service }: Subject): Promise<number> => {
  const { _avg: mean } = await service.database.image.aggregate({
    where: { contentType: 'image/png' },
    _avg: { bytes: true },
  });
  return Math.round(mean.bytes ?? NaN);
};

const measurePhoto = async (bench: Bench, place: Place, { seconds }: Options): Promise<Measured['photo']> => {
  const picture = await photo(0, WIDTH, HEIGHT);
  const costs = await stageCosts(picture, SIZE);
  const stageMs = (stage: string) => costs.find((each) => each.stage === stage)?.ms ?? NaN;
  const subject = await openSubject(bench, place, { size: SIZE, inHand: IN_HAND });
  const traffic = await startTraffic(bench, subject.service, picture);
  const { signal } = bench.stopping;
  await traffic('inline', seconds / 2, IN_HAND);
  const lap = async (way: Way) => {
    const from = await readCounters(subject, signal);
    const made = await traffic(way, seconds, IN_HAND + 1);
    return perTask(from, await readCounters(subject, signal), { ...made, idle: nothing });
  };
  return {
    width: WIDTH,
    height: HEIGHT,
    jpegBytes: picture.byteLength,
    inline: await lap('inline'),
    url: await lap('url'),
    pngBytes: await meanOutput(subject),
    stages: {
      decode: stageMs('decode'),
      preprocess: stageMs('preprocess'),
      postprocess: stageMs('postprocess'),
      encode: stageMs('encode'),
    },
  };
};

/** All of it, one part after the other, each with a service of its own. */
export const measure = async (
  bench: Bench,
  places: readonly Place[],
  options: Options,
): Promise<Measured> => {
  const { note } = bench.progress;
  const [first = 'postgres'] = places;
  const tiny = async (inner: Bench, place: Place) => {
    note(`Tiny images, the queue in ${place} …`);
    const subject = await openSubject(inner, place, { size: TINY, inHand: IN_HAND });
    const machine = await describeMachine(subject);
    return { subject, machine, backend: await measurePlace(inner, subject, options) };
  };

  const postgres = await within(bench, async (inner) => {
    const { subject, machine, backend } = await tiny(inner, 'postgres');
    const rows = await measureRows(subject.service.database);
    return { machine, backend, rows, commits: await measureCommits(subject.service.databaseUrl) };
  });
  const redis = places.includes('redis') ? await within(bench, (inner) => tiny(inner, 'redis')) : undefined;
  note('Images of two megapixels …');
  const photo = await within(bench, (inner) => measurePhoto(inner, first, options));

  const { rows, commits } = postgres;
  return {
    machine: { ...postgres.machine, ...redis?.machine },
    backends: { ...(redis && { redis: redis.backend }), postgres: postgres.backend },
    photo,
    rows,
    commits,
  };
};
