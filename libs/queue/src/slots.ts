/** A worker's places for tasks in hand, shared by its models. */
export type Slots = {
  /**
   * Waits for a place. Of the models that wait, the one with the fewest tasks in hand is next, and of those the
   * one that waits longest, so that no model's flood keeps another out.
   *
   * @returns gives the place back; rejects with the signal's reason when that aborts first
   */
  readonly take: (model: string, signal: AbortSignal) => Promise<() => void>;
  /** How many jobs of that model may be fetched now: as many as can run, and one to be next in turn. */
  readonly allowance: (model: string) => number;
};

type Waiting = { readonly model: string; readonly start: () => void };

/** @param onChange hears when allowances may have changed */
export const createSlots = (total: number, onChange: () => void = () => undefined): Slots => {
  const running = new Map<string, number>();
  const waiting: Waiting[] = [];
  let free = total;

  const runningOf = (model: string) => running.get(model) ?? 0;

  const next = (): Waiting | undefined => {
    const [first, ...others] = waiting;
    if (!first) return undefined;
    return others.reduce(
      (best, each) => (runningOf(each.model) < runningOf(best.model) ? each : best),
      first,
    );
  };

  const release = (model: string) => {
    free++;
    running.set(model, runningOf(model) - 1);
    grant();
  };

  const grant = () => {
    for (let chosen = next(); chosen && free > 0; chosen = next()) {
      waiting.splice(waiting.indexOf(chosen), 1);
      free--;
      running.set(chosen.model, runningOf(chosen.model) + 1);
      chosen.start();
    }
    onChange();
  };

  return {
    take: (model, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const giveUp = () => {
          const position = waiting.indexOf(entry);
          if (position >= 0) waiting.splice(position, 1);
          reject(signal.reason);
        };
        const start = () => {
          signal.removeEventListener('abort', giveUp);
          resolve(() => release(model));
        };
        const entry: Waiting = { model, start };
        signal.addEventListener('abort', giveUp, { once: true });
        waiting.push(entry);
        grant();
      }),
    allowance: (model) => Math.max(1, runningOf(model) + free),
  };
};
