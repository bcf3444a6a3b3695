/** A worker's slots for jobs in hand, shared by its lanes. */
type Slots = {
  /**
   * Waits for a slot. The lane with the fewest jobs in hand is next; among equals, the one that waited
   * longest. So no lane's flood blocks another.
   * @returns a function that gives the slot back; rejects with the signal's reason when it aborts first
   */
  readonly take: (lane: string, signal: AbortSignal) => Promise<() => void>;
  /** How many of the lane's jobs may be fetched now: those that can run, or one that waits for its turn. */
  readonly allowance: (lane: string) => number;
};

type Waiting = { readonly lane: string; readonly start: () => void };

/** @param onChange called when allowances may have changed */
export const createSlots = (total: number, onChange: () => void = () => undefined): Slots => {
  const running = new Map<string, number>();
  const waiting: Waiting[] = [];
  let free = total;

  const runningOf = (lane: string) => running.get(lane) ?? 0;

  const next = (): Waiting | undefined => {
    const [first, ...others] = waiting;
    if (!first) return undefined;
    return others.reduce((best, each) => (runningOf(each.lane) < runningOf(best.lane) ? each : best), first);
  };

  const release = (lane: string) => {
    free++;
    running.set(lane, runningOf(lane) - 1);
    grant();
  };

  const grant = () => {
    for (let chosen = next(); chosen && free > 0; chosen = next()) {
      waiting.splice(waiting.indexOf(chosen), 1);
      free--;
      running.set(chosen.lane, runningOf(chosen.lane) + 1);
      chosen.start();
    }
    onChange();
  };

  return {
    take: (lane, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const giveUp = () => {
          const position = waiting.indexOf(entry);
          if (position >= 0) waiting.splice(position, 1);
          reject(signal.reason);
        };
        const start = () => {
          signal.removeEventListener('abort', giveUp);
          resolve(() => release(lane));
        };
        const entry: Waiting = { lane, start };
        signal.addEventListener('abort', giveUp, { once: true });
        waiting.push(entry);
        grant();
      }),
    allowance: (lane) => Math.max(1, runningOf(lane) + free),
  };
};
