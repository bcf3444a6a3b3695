export { createLogger, withoutQuery, type Logger } from './logger.js';
export { createStopwatch, stages, type Durations, type Stage, type Stopwatch } from './stopwatch.js';
