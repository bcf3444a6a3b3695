import type { DeviceReport } from '../report.js';

/** Counts runs and times of the device. */
export const createMeter = () => {
  let busyMs = 0;
  let loadingMs = 0;
  const batches: Record<number, number> = {};
  const networks: Record<string, { runs: number; images: number }> = {};
  return {
    ran: (key: string, images: number, ms: number): void => {
      busyMs += ms;
      batches[images] = (batches[images] ?? 0) + 1;
      const sums = (networks[key] ??= { runs: 0, images: 0 });
      sums.runs++;
      sums.images += images;
    },
    loaded: (ms: number): void => {
      loadingMs += ms;
    },
    read: (): Omit<DeviceReport, 'sessions'> => ({ busyMs, loadingMs, batches, networks }),
  };
};
