export { createLogger, type Logger } from './logger.js';
export { createStopwatch, type Durations, type Stage, type Stopwatch } from './stopwatch.js';
