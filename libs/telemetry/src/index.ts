export { createLogger, type Logger } from './logger.js';
export { createMetrics, type About, type Counter, type Histogram, type Metrics } from './metrics.js';
export { createStopwatch, type Durations, type Stage, type Stopwatch } from './stopwatch.js';
