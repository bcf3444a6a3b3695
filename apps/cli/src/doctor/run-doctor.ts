import { readConfig, usableCores, type Config } from '#config';
import {
  checkSchema,
  CLOCK_TOLERANCE_MS,
  measureClockOffset,
  openDatabase,
  warmWorkers,
  type Database,
} from '#database';
import { reasonOf } from '#errors';
import { createTaskQueue } from '#queue';
import { isHelp, print, readArguments, table, UsageError, type Help } from '../command.js';
import { databaseUrl } from '../database.js';
import { checkBackup } from './backup.js';
import { checkConnections } from './connections.js';
import { isAbsentHere, type Finding } from './finding.js';
import { checkMachine } from './machine.js';

const usage = `Usage: npx clearcut doctor [--json]

Checks what the service depends on, as seen from this machine, and says what to do. The exit code is 1 if something is
wrong; a hint is no fault.

  node         its version is supported; the cores that this process may use
  memory       what is available to this process
  disk         room in DATA_DIR and MODELS_DIR, and whether this user may write there
  device       what computes here, and why not something better; left out in images without a worker
  weights      the models that are installed here; left out in images without a worker
  database     it answers and has been migrated
  connections  the server has room for those of the programs that run now
  backup       the newest one that was noted is not older than BACKUP_MAX_AGE_H
  clock        this machine's clock is within 2 s of the database's
  queue        it answers
  workers      at least one is warm, with their devices
  decoder      a process that decodes images starts here; left out in images without a worker

  --json       one line of JSON for each check: name, status (ok, hint or fault), note, remedy
`;

const DECODER_TIMEOUT_MS = 60_000;

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
  const devices = workers.map(({ device, fallback }) => (fallback ? `${device}: ${fallback}` : device));
  const note = [`${workers.length} warm`, ...new Set(devices)].join(', ');
  return { name: 'workers', note, ...(workers.length === 0 && { fault: 'start one, or read its log' }) };
};

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
    if (isAbsentHere(error, 'decoders')) return [];
    return [{ name: 'decoder', note: reasonOf(error), fault: 'no worker can decode images here' }];
  }
  if (faults.length === 0) return [{ name: 'decoder', note: 'starts' }];
  return [{ name: 'decoder', note: `no file for pixels: ${faults.join()}`, fault: 'see TMPDIR' }];
};

const checkQueue = async (config: Config, url: string): Promise<Finding> => {
  const { REDIS_URL } = config;
  const [where, setting] = REDIS_URL ? ['Redis', 'REDIS_URL'] : ['Postgres', 'DATABASE_URL'];
  // The call that fails tells of the connection too.
  const queue = createTaskQueue({ ...config, DATABASE_URL: url }, () => undefined);
  try {
    await queue.ping();
    return { name: 'queue', note: `answers, in ${where}` };
  } catch (error) {
    return { name: 'queue', note: reasonOf(error), fault: `see ${setting}` };
  } finally {
    await queue.close();
  }
};

/** The later checks need the database. */
const checkService = async (config: Config, url: string): Promise<Finding[]> => {
  const database = openDatabase(url);
  try {
    const first = await checkDatabase(database);
    if (first.fault !== undefined) return [first];
    const clock = await checkClock(database);
    const connections = await checkConnections(config, database);
    const backup = await checkBackup(config, database);
    return [first, connections, backup, clock, await checkQueue(config, url), await checkWorkers(database)];
  } finally {
    await database.$disconnect();
  }
};

/** Without a database, what can be checked is still checked. */
const examine = async (config: Config): Promise<Finding[]> => {
  const machine = await checkMachine(config);
  try {
    return [...machine, ...(await checkService(config, databaseUrl(config))), ...(await checkDecoder())];
  } catch (error) {
    const fault = 'start the service, or name its database';
    return [...machine, { name: 'database', note: reasonOf(error), fault }, ...(await checkDecoder())];
  }
};

const statusOf = ({ fault, hint }: Finding): 'ok' | 'hint' | 'fault' => {
  if (fault !== undefined) return 'fault';
  return hint === undefined ? 'ok' : 'hint';
};

const labels = { ok: 'ok', hint: 'HINT', fault: 'FAULT' } as const;

const toRow = (finding: Finding): string[] => {
  const { name, note, fault, hint } = finding;
  const remedy = fault ?? hint;
  return [labels[statusOf(finding)], name, remedy === undefined ? note : `${note}: ${remedy}`];
};

const toLine = (finding: Finding): string => {
  const { name, note, fault, hint } = finding;
  return `${JSON.stringify({ name, status: statusOf(finding), note, remedy: fault ?? hint ?? null })}\n`;
};

export const help: Help = { usage };

/**
 * `npx clearcut doctor`
 *
 * @throws UsageError, and faults of the environment
 */
export const run = async (args: readonly string[]): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  const { values, positionals } = readArguments(args, { json: { type: 'boolean' } }, usage);
  if (positionals.length > 0) throw new UsageError('doctor takes no arguments.', usage);
  const findings = await examine(readConfig());
  print(values.json ? findings.map(toLine).join('') : table(findings.map(toRow)));
  if (findings.some(({ fault }) => fault !== undefined)) process.exitCode = 1;
};
