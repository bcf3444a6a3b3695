import type { Decoders } from '#decoders';
import type { Metrics } from '#telemetry';

/** Reads the processes that decode images at each scrape. */
export const watchDecoders = (metrics: Metrics, stats: Decoders['stats']): void => {
  metrics.reading(
    { name: 'clearcut_decoder_processes', help: 'Processes that decode images for this worker.' },
    (gauge) => gauge.set(stats().pids.length),
  );
  metrics.reading(
    {
      name: 'clearcut_decoder_memory_bytes',
      help: "Resident memory of those processes after their last image, beside the worker's own.",
    },
    (gauge) => gauge.set(stats().memoryBytes),
  );
  metrics.sum(
    {
      name: 'clearcut_decoder_ends_total',
      help: 'Ends of those processes that were not asked for, by their cause.',
      labels: ['cause'],
    },
    (counter) => {
      for (const [cause, ends] of Object.entries(stats().ends)) counter.inc({ cause }, ends);
    },
  );
};
