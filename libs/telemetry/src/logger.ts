import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { currentSpanContext } from './current-trace.js';

export type { Logger };

/** Every line that is written in a span leads to its trace. */
const traceOf = () => {
  const span = currentSpanContext();
  return span ? { traceId: span.traceId } : {};
};

/**
 * One logger per process, bound to the program's name. JSON lines, except on a terminal, where a person reads.
 *
 * @param program such as `gateway`
 * @param destination takes the lines; the standard output, unless given
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
