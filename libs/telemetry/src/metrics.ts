import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type { Counter, Gauge, Histogram };

/** What a metric is called and what it counts; labels take few values: no UUIDs, no URLs. */
export type About<Label extends string> = {
  readonly name: `clearcut_${string}`;
  readonly help: string;
  readonly labels?: readonly Label[];
};

/** Seconds, from a hit in memory to an hour in the queue. */
const BUCKETS_S = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 75, 150, 300, 600, 1200,
  3600,
];

/**
 * From one look at the event loop's delay to the next; the library's own 10 ms take half a percent of a core for
 * good. The delays count this time as well, so the dashboard takes it off.
 */
const TICK_MS = 100;

/** The metrics of one program, in the text form that Prometheus reads. */
export const createMetrics = () => {
  const registry = new Registry();
  const optionsOf = <Label extends string>({ name, help, labels = [] }: About<Label>) => ({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
  });

  return {
    counter: <Label extends string = never>(about: About<Label>) => new Counter<Label>(optionsOf(about)),

    /** A counter whose sum is kept elsewhere and read at each scrape. */
    sum: <Label extends string = never>(about: About<Label>, read: (counter: Counter<Label>) => void) => {
      const counter: Counter<Label> = new Counter<Label>({
        ...optionsOf(about),
        collect: () => {
          counter.reset();
          read(counter);
        },
      });
    },

    gauge: <Label extends string = never>(about: About<Label>) => new Gauge<Label>(optionsOf(about)),

    /** A gauge that is read at each scrape; what it does not set is gone. */
    reading: <Label extends string = never>(
      about: About<Label>,
      read: (gauge: Gauge<Label>) => void | Promise<void>,
    ) => {
      const gauge: Gauge<Label> = new Gauge<Label>({
        ...optionsOf(about),
        collect: async () => {
          gauge.reset();
          await read(gauge);
        },
      });
    },

    /** Durations in seconds. */
    durations: <Label extends string = never>(about: About<Label>) =>
      new Histogram<Label>({ ...optionsOf(about), buckets: BUCKETS_S }),

    /** Adds what the process itself tells: memory, CPU, event loop, garbage collection. */
    watchProcess: () => collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: TICK_MS }),

    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
};
export type Metrics = ReturnType<typeof createMetrics>;
