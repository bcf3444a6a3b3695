import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../benchmark.js';
import { stageCosts } from '../device/stage-costs.js';
import { heightOf, photo } from '../photos.js';
import { measureCommits } from './commits.js';
import { nothing, perSecond, perTask, readCounters, type Subject } from './counters.js';
import { measureJobs } from './jobs.js';
import type { Backend, Measured } from './measured.js';
import { countConnections } from './processes.js';
import { measureRows } from './rows.js';
import { describeMachine, openSubject, within, type Place } from './setting.js';
import { startTraffic, type Way } from './traffic.js';

export type Options = {
  /** How long tasks are made, again and again. */
  readonly seconds: number;
  /** How long nothing is asked of an idle service; Postgres tells late of what an idle backend did. */
  readonly idle: number;
  /** How long each way of committing is tried. */
  readonly commits: number;
  /** Of the photos; their height is three quarters of it. */
  readonly width: number;
  /** Side of the photos' network. */
  readonly network: number;
};

/** Two megapixels, and what the networks of the catalogue take. An idle backend tells after ten seconds. */
export const usual: Options = { seconds: 15, idle: 11, commits: 3, width: 1632, network: 1024 };

/** Side of the tiny images' network. */
const TINY = 64;
const IN_HAND = 4;
const IN_FLIGHT = 16;

const connectionsOf = async ({ service }: Subject): Promise<Backend['connections']> => {
  const port = Number(new URL(service.databaseUrl).port);
  return {
    gateway: await countConnections(service.gateway.pid, port),
    worker: await countConnections(service.worker.pid, port),
    dispatcher: await countConnections(service.dispatcher.pid, port),
  };
};

const measurePlace = async (
  bench: Bench,
  subject: Subject,
  { seconds, idle: idleS }: Options,
): Promise<Backend> => {
  const { signal } = bench.stopping;
  const traffic = await startTraffic(bench, subject.service, await photo(0, TINY, TINY));
  for (const way of ['inline', 'url'] as const) await traffic(way, seconds / 2, IN_FLIGHT);
  const connections = await connectionsOf(subject);

  await sleep(idleS * 1000, undefined, { signal });
  const start = await readCounters(subject, signal);
  await sleep(idleS * 1000, undefined, { signal });
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

const measurePhoto = async (bench: Bench, place: Place, options: Options): Promise<Measured['photo']> => {
  const { seconds, width, network: size } = options;
  const height = heightOf(width);
  const picture = await photo(0, width, height);
  const costs = await stageCosts(picture, size);
  const stageMs = (stage: string) => costs.find((each) => each.stage === stage)?.ms ?? NaN;
  const subject = await openSubject(bench, place, { size, inHand: IN_HAND });
  const traffic = await startTraffic(bench, subject.service, picture);
  const { signal } = bench.stopping;
  await traffic('inline', seconds / 2, IN_HAND);
  const lap = async (way: Way) => {
    const from = await readCounters(subject, signal);
    const made = await traffic(way, seconds, IN_HAND + 1);
    return perTask(from, await readCounters(subject, signal), { ...made, idle: nothing });
  };
  return {
    width,
    height,
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
    return {
      machine,
      backend,
      rows,
      commits: await measureCommits(subject.service.databaseUrl, options.commits),
    };
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
