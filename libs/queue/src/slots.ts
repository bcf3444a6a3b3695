/** A worker's slots for jobs in hand, shared by its models. */
type Slots = {
  /**
   * Waits for a slot. The model with the fewest jobs in hand is next; among equals, the one that waited
   * longest. So no model's flood blocks another.
   * @returns a function that gives the slot back; rejects with the signal's reason when it aborts first
   */
  readonly take: (model: string, signal: AbortSignal) => Promise<() => void>;
  /** How many of the model's jobs may be fetched now: those that can run, or one that waits for its turn. */
  readonly allowance: (model: string) => number;
};

type Waiting = { readonly model: string; readonly start: () => void };

/** @param onChange called when allowances may have changed */
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
