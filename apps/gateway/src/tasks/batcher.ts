import { isDatabaseOutage } from '#database';

type Entry<In, Out> = {
  readonly input: In;
  readonly resolve: (output: Out) => void;
  readonly reject: (error: unknown) => void;
};

type Options = {
  /** Inputs of one batch. */
  readonly size: number;
  /** Batches at once. What comes meanwhile waits for the next one, so that batches grow with the load. */
  readonly atOnce: number;
  /** Whether an error concerns all inputs. After another one each input is tried alone, so that it fails alone. */
  readonly concernsAll: (error: unknown) => boolean;
};

/** At most a few of the database's connections, so that other queries still get one. */
export const databaseBatches = { size: 100, atOnce: 3, concernsAll: isDatabaseOutage } as const;

/**
 * Joins calls that come together.
 * @param work gives the output of each input, in their order
 */
export const createBatcher = <In, Out>(
  work: (inputs: readonly In[]) => Promise<readonly Out[]>,
  { size, atOnce, concernsAll }: Options,
): ((input: In) => Promise<Out>) => {
  const waiting: Entry<In, Out>[] = [];
  let running = 0;

  const run = async (entries: readonly Entry<In, Out>[]): Promise<void> => {
    try {
      const outputs = await work(entries.map(({ input }) => input));
      entries.forEach(({ resolve }, i) => resolve(outputs[i] as Out));
    } catch (error) {
      if (entries.length > 1 && !concernsAll(error)) for (const entry of entries) await run([entry]);
      else entries.forEach(({ reject }) => reject(error));
    }
  };

  const start = () => {
    while (running < atOnce && waiting.length > 0) {
      running++;
      void run(waiting.splice(0, size)).finally(() => {
        running--;
        start();
      });
    }
  };

  return (input) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ input, resolve, reject }) === 1) setImmediate(start);
    });
};
