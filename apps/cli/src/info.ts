import { readConfig } from '#config';
import { isHelp, print, UsageError, type Help } from './command.js';
import { printAnnouncement, readAnnouncement } from './start/announcement.js';

const usage = `Usage: npx clearcut info

Prints the address, the key and the status page of the npm start that runs on DATA_DIR.
`;

export const help: Help = { usage };

/**
 * `npx clearcut info`
 *
 * @throws UsageError, StartError, and faults of the environment
 */
export const run = async (args: readonly string[]): Promise<void> => {
  if (args.some(isHelp)) return print(usage);
  if (args.length > 0) throw new UsageError('info takes no arguments.', usage);
  printAnnouncement(readAnnouncement(readConfig().DATA_DIR));
};
