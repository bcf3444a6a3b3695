import { readConfig, usableCores } from '#config';
import {
  checkSchema,
  CLOCK_TOLERANCE_MS,
  measureClockOffset,
  openDatabase,
  warmWorkers,
  type Database,
} from '#database';
import { reasonOf } from '#errors';
import { isHelp, print, table, UsageError } from './command.js';
import { databaseUrl } from './database.js';

const usage = `Usage: npx clearcut doctor

Checks what the service depends on, as seen from this machine, and says what to do. The exit code is 1 if something is
wrong.

  database   it answers and has been migrated
  clock      this machine's clock is within 2 s of the database's
  workers    at least one is warm
  decoder    a process that decodes images starts here; left out in images without a worker
`;

const DECODER_TIMEOUT_MS = 60_000;

type Finding = { readonly name: string; readonly fault?: string; readonly note: string };

const checkDatabase = async (database: Database): Promise<Finding> => {
  try {
    const check = await checkSchema(database);
    await check();
    return { name: 'database', note: 'answers, and is migrated' };
  } catch (error) {
    const reason = reasonOf(error).trim().split('\n').at(-1) ?? '';
    return { name: 'database', fault: 'see DATABASE_URL', note: reason };
  }
};

const checkClock = async (database: Database): Promise<Finding> => {
  const offsetMs = await measureClockOffset(database);
  const seconds = `${(Math.abs(offsetMs) / 1000).toFixed(1)} s`;
  const note = `${seconds} ${offsetMs < 0 ? 'behind' : 'ahead of'} the database's`;
  const fault =
    Math.abs(offsetMs) > CLOCK_TOLERANCE_MS && 'set the clock of this machine or of the database by NTP';
  return { name: 'clock', note, ...(fault && { fault }) };
};

const checkWorkers = async (database: Database): Promise<Finding> => {
  const workers = await warmWorkers(database);
  const note = `${workers.length} warm`;
  return { name: 'workers', note, ...(workers.length === 0 && { fault: 'start one, or read its log' }) };
};

/** The images of other programs lack the library. */
const isMissing = (error: unknown): boolean =>
  error instanceof Error && /^Cannot find module .*decoders.src.index\.js/.test(error.message);

const checkDecoder = async (): Promise<Finding[]> => {
  const faults: string[] = [];
  const note = (reason: string) => faults.push(reason);
  try {
    const { openDecoders } = await import('#decoders');
    const limits = { maxPixels: 1 };
    const options = { limits, cores: usableCores(), timeoutMs: DECODER_TIMEOUT_MS };
    const decoders = await openDecoders({ ...options, onEnd: () => undefined, onFileFault: note });
    await decoders.close();
  } catch (error) {
    if (isMissing(error)) return [];
    return [{ name: 'decoder', note: reasonOf(error), fault: 'no worker can decode images here' }];
  }
  if (faults.length === 0) return [{ name: 'decoder', note: 'starts' }];
  return [{ name: 'decoder', note: `no file for pixels: ${faults.join()}`, fault: 'see TMPDIR' }];
};

/** The later checks need the database. */
const examine = async (database: Database): Promise<Finding[]> => {
  const first = await checkDatabase(database);
  if (first.fault !== undefined) return [first];
  return [first, await checkClock(database), await checkWorkers(database)];
};

const toRow = ({ name, fault, note }: Finding): string[] => [
  fault === undefined ? 'ok' : 'FAULT',
  name,
  fault === undefined ? note : `${note}: ${fault}`,
];

/**
 * `npx clearcut doctor`
 *
 * @throws UsageError, and faults of the environment
 */
export const run = async (args: readonly string[]): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  if (args.length > 0) throw new UsageError('doctor takes no arguments.', usage);
  const database = openDatabase(databaseUrl(readConfig()));
  try {
    const findings = [...(await examine(database)), ...(await checkDecoder())];
    print(table(findings.map(toRow)));
    if (findings.some(({ fault }) => fault !== undefined)) process.exitCode = 1;
  } finally {
    await database.$disconnect();
  }
};
