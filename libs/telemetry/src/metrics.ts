import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type { Counter, Gauge, Histogram };

/** The name and meaning of a metric. Labels must have few values: no UUIDs, no URLs. */
type About<Label extends string> = {
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
 * Interval of the event loop's samples. The default of 10 ms costs half a percent of a core. The measured
 * delays include the interval, so the dashboard subtracts it.
 */
const TICK_MS = 100;

/** The metrics of one program, in Prometheus' text format. */
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

    /** A counter whose value is read from elsewhere at each scrape. */
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

    /** A gauge that is read at each scrape. What the read does not set disappears. */
    reading: <Label extends string = never>(
      about: About<Label>,
      read: (gauge: Gauge<Label>) => void | Promise<void>,
    ) => {
      const gauge: Gauge<Label> = new Gauge<Label>({
        ...optionsOf(about),
        collect: async () => {
          gauge.reset();
          // Without labels a reset makes it 0, as if that were read.
          if (!about.labels?.length) gauge.remove();
          await read(gauge);
        },
      });
    },

    /** A histogram of durations in seconds. */
    durations: <Label extends string = never>(about: About<Label>) =>
      new Histogram<Label>({ ...optionsOf(about), buckets: BUCKETS_S }),

    /** Adds metrics of the process: memory, CPU, event loop, garbage collection. */
    watchProcess: () => collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: TICK_MS }),

    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
};
export type Metrics = ReturnType<typeof createMetrics>;
