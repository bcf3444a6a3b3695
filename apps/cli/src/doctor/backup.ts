import type { Config } from '#config';
import { backupAge, type Database } from '#database';
import { reasonOf } from '#errors';
import type { Finding } from './finding.js';

const HOUR_S = 3_600;
const DAY_H = 24;

const hours = (seconds: number): string => {
  const passed = Math.floor(seconds / HOUR_S);
  if (passed < 1) return 'less than an hour';
  return passed < 2 * DAY_H ? `${passed} h` : `${Math.floor(passed / DAY_H)} days`;
};

/** Whether the newest backup that was noted is young enough. */
export const checkBackup = async (
  { BACKUP_MAX_AGE_H }: Pick<Config, 'BACKUP_MAX_AGE_H'>,
  database: Database,
): Promise<Finding> => {
  const age = await backupAge(database).catch((error: unknown) => reasonOf(error));
  if (typeof age === 'string') {
    const note = age.trim().split('\n').at(-1) ?? '';
    return { name: 'backup', note, fault: 'run migrate, which gives each role what it needs' };
  }
  const { seconds, isNoted } = age;
  const note = isNoted
    ? `the newest one noted is ${hours(seconds)} old`
    : `none was noted; the installation is ${hours(seconds)} old`;
  const isOld = BACKUP_MAX_AGE_H > 0 && seconds > BACKUP_MAX_AGE_H * HOUR_S;
  return { name: 'backup', note, ...(isOld && { fault: 'make one, and note it by note-backup' }) };
};
