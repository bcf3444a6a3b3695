import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { PinoPretty, type PrettyOptions } from 'pino-pretty';
import { currentSpanContext } from './current-trace.js';
import { errorFacts } from './error-facts.js';
import { terminalLine } from './terminal-line.js';

export type { Logger };

/** Adds the trace id to each log line that is written within a span. */
const traceOf = () => {
  const span = currentSpanContext();
  return span ? { traceId: span.traceId } : {};
};

/** Colours by level; time and one line of text. Objects and stack traces appear at the level debug. */
const terminalOptions = (level: string): PrettyOptions => ({
  translateTime: 'SYS:HH:MM:ss',
  ignore: 'pid,hostname,program,level',
  hideObject: !['debug', 'trace'].includes(level),
  messageFormat: (line, _key, levelLabel, { colors }) => {
    const text = terminalLine(line);
    if (['FATAL', 'ERROR'].includes(levelLabel)) return colors.red(text);
    return levelLabel === 'WARN' ? colors.yellow(text) : colors.reset(text);
  },
  sync: true,
});

/**
 * Creates the logger of a process. It writes JSON lines, and short text on a terminal.
 * @param program such as `gateway`
 * @param destination receives the lines; standard output by default
 */
export const createLogger = (program: string, level: string, destination?: DestinationStream): Logger => {
  const options = {
    base: { program },
    level,
    timestamp: stdTimeFunctions.isoTime,
    mixin: traceOf,
    serializers: { err: errorFacts },
    redact: ['apiKey', '*.apiKey', 'headers.authorization'],
  };
  if (destination) return pino(options, destination);
  if (!process.stdout.isTTY) return pino(options);
  return pino(options, PinoPretty(terminalOptions(level)));
};
