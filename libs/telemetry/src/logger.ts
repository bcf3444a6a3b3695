import { pino, stdTimeFunctions, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';

export type { Logger };

/**
 * One logger per process, bound to the program's name. JSON lines, except on a terminal, where a person reads.
 *
 * @param program such as `gateway`
 */
export const createLogger = (program: string, level: string): Logger => {
  const options = {
    base: { program },
    level,
    timestamp: stdTimeFunctions.isoTime,
    redact: ['apiKey', '*.apiKey', 'headers.authorization'],
  };
  if (!process.stdout.isTTY) return pino(options);
  return pino(
    options,
    PinoPretty({ ignore: 'pid,hostname,program', messageFormat: '{program}: {msg}', sync: true }),
  );
};
