import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { currentSpanContext } from './current-trace.js';

export type { Logger };

/** Adds the trace id to each log line that is written within a span. */
const traceOf = () => {
  const span = currentSpanContext();
  return span ? { traceId: span.traceId } : {};
};

/**
 * Creates the logger of a process. It writes JSON lines, and readable text on a terminal.
 * @param program such as `gateway`
 * @param destination receives the lines; standard output by default
 */
export const createLogger = (program: string, level: string, destination?: DestinationStream): Logger => {
  const options = {
    base: { program },
    level,
    timestamp: stdTimeFunctions.isoTime,
    mixin: traceOf,
    redact: ['apiKey', '*.apiKey', 'headers.authorization'],
  };
  if (destination) return pino(options, destination);
  if (!process.stdout.isTTY) return pino(options);
  return pino(
    options,
    PinoPretty({ ignore: 'pid,hostname,program', messageFormat: '{program}: {msg}', sync: true }),
  );
};
