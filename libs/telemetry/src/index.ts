export { createFaultLog } from './fault-log.js';
export { createLogger, type Logger } from './logger.js';
export { createMetrics, type Counter, type Metrics } from './metrics.js';
export { createStopwatch, type Durations, type Stage, type Stopwatch } from './stopwatch.js';
export { openTracing, type OpenSpan, type Tracing } from './tracing.js';
export { createEndedTasks, outcomeOf, type EndedTasks } from './ended-tasks.js';
