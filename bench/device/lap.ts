import type { DeviceStats } from '#inference';
import { cpuMs, meanStages, type StageMean } from '../overhead/figures.js';
import { removeAll } from '../overhead/remove-all.js';
import type { Service } from '../overhead/service.js';

/** The measurements of one lap of photos. */
export type Lap = {
  readonly perSecond: number;
  /** The share of time that the device computed, between warm-up and the last request. */
  readonly busy: number;
  readonly deviceMs: number;
  readonly stages: readonly StageMean[];
  /** CPU milliseconds per image. */
  readonly cpu: { readonly worker: number; readonly gateway: number; readonly client: number };
};

const statsOf = async ({ worker }: Service) => (await worker.ask({})) as DeviceStats;

const cpuOf = async ({ worker, gateway }: Service) => ({
  worker: await cpuMs(worker.pid),
  gateway: await cpuMs(gateway.pid),
  client: await cpuMs(process.pid),
});

/** Reads the device's statistics after the warm-up and at the last request, while it yields the photos. */
const watch = (service: Service, photos: readonly string[], inFlight: number) => {
  const readings: Promise<DeviceStats>[] = [];
  const watched = function* () {
    for (const [i, photo] of photos.entries()) {
      if (i === 2 * inFlight || i === photos.length - 1) readings.push(statsOf(service));
      yield photo;
    }
  };
  const busy = async () => {
    const [first, last] = await Promise.all(readings);
    if (!first || !last) throw new Error(`take more than ${2 * inFlight + 1} images`);
    return (last.busyMs - first.busyMs) / (last.elapsedMs - first.elapsedMs);
  };
  return { photos: watched(), busy };
};

export const runLap = async (
  service: Service,
  photos: readonly string[],
  inFlight: number,
  signal: AbortSignal,
): Promise<Lap> => {
  const since = new Date();
  const count = photos.length;
  const [before, cpuBefore] = [await statsOf(service), await cpuOf(service)];
  const watched = watch(service, photos, inFlight);
  const ms = await removeAll(service, watched.photos, inFlight, signal);
  const [after, cpuAfter] = [await statsOf(service), await cpuOf(service)];

  return {
    perSecond: (count * 1000) / ms,
    busy: await watched.busy(),
    deviceMs: (after.busyMs - before.busyMs) / count,
    stages: await meanStages(service.database, since),
    cpu: {
      worker: (cpuAfter.worker - cpuBefore.worker) / count,
      gateway: (cpuAfter.gateway - cpuBefore.gateway) / count,
      client: (cpuAfter.client - cpuBefore.client) / count,
    },
  };
};
