import type { Breaker } from './breaker.js';

/** Tests the device of an idle worker, which would else look ready although its device is dead. */
export type Pulse = {
  readonly start: () => void;
  readonly stop: () => void;
  /** Why the worker is not ready; undefined while its device was proven lately. */
  readonly fault: () => string | undefined;
};

type Needs = {
  readonly breaker: Pick<Breaker, 'fault' | 'unprovenMs' | 'check'>;
  /** Sends one picture through the device. */
  readonly probe: () => Promise<unknown>;
  /** How long the last proof counts before the next probe; Infinity for no probes. */
  readonly everyMs: number;
};

/** So many probes may be late before the worker is not ready. A loading network delays one. */
const LATE_PROBES = 3;

export const createPulse = ({ breaker, probe, everyMs }: Needs): Pulse => {
  let timer: NodeJS.Timeout | undefined;
  let isProbing = false;

  const beat = async () => {
    if (isProbing || breaker.fault() !== undefined || breaker.unprovenMs() < everyMs) return;
    isProbing = true;
    await breaker.check(probe);
    isProbing = false;
  };

  return {
    start: () => {
      if (everyMs === Infinity) return;
      timer = setInterval(() => void beat(), everyMs / 2);
      timer.unref();
    },
    stop: () => clearInterval(timer),
    fault: () => {
      const fault = breaker.fault();
      const ms = breaker.unprovenMs();
      if (fault !== undefined || ms < LATE_PROBES * everyMs) return fault;
      return `No picture went through the device for ${Math.round(ms / 1000)} s.`;
    },
  };
};
