import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { Config } from '#config';
import { localUrl } from './check-port.js';
import { isLocked } from './data-lock.js';
import type { LocalKey } from './local-key.js';
import { adminPortOf } from './programs.js';
import { StartError, unusable } from './start-error.js';

type Settings = Pick<Config, 'HOST' | 'PORT' | 'ADMIN_HOST' | 'ADMIN_PORT' | 'ADMIN_TOKEN'>;

const statusPage = ({ ADMIN_HOST, ADMIN_PORT, ADMIN_TOKEN }: Settings): string => {
  if (ADMIN_PORT === undefined) return 'off  (set ADMIN_PORT and ADMIN_TOKEN to open the status page)';
  if (ADMIN_TOKEN === undefined) return 'closed  (set ADMIN_TOKEN to open the status page)';
  const url = localUrl({ HOST: ADMIN_HOST, PORT: adminPortOf(ADMIN_PORT, 'dispatcher') });
  return `${url}/  (status page; any user name, the password is ADMIN_TOKEN)`;
};

/** The key is in the fragment, which browsers send to nobody. The page takes it out of the address. */
const pageLink = (url: string, { key, source }: LocalKey): string =>
  source === 'file' ? `${url}/#key=${encodeURIComponent(key)}` : `${url}/  (asks for the key)`;

/** What an operator needs of a running service: its address, page, key and status page. */
export const announcement = (settings: Settings, local: LocalKey): string => {
  const { key, source } = local;
  const url = localUrl(settings);
  return [
    `ready ${url}  (docs at ${url}/docs)`,
    `page  ${pageLink(url, local)}`,
    `key   ${source === 'file' ? key : 'from API_KEY'}`,
    `admin ${statusPage(settings)}`,
    '',
  ].join('\n');
};

/** The address that an announcement tells. @throws StartError when another version wrote it */
export const urlIn = (text: string): string => {
  const [, url] = /^ready (\S+)/.exec(text) ?? [];
  if (url === undefined) throw new StartError('The announcement of npm start tells no address: restart it.');
  return url;
};

/** Prints the first word of each line in green on a terminal. */
export const printAnnouncement = (text: string): void => {
  const lines = process.stdout.isTTY ? text.replaceAll(/^\w+/gm, (word) => styleText('green', word)) : text;
  process.stdout.write(lines);
};

const pathIn = (dataDir: string): string => join(dataDir, 'announcement');

/** Keeps the announcement for `clearcut info`. It holds the key, so only this user can read it. */
export const keepAnnouncement = (dataDir: string, text: string): void => {
  try {
    rmSync(pathIn(dataDir), { force: true });
    writeFileSync(pathIn(dataDir), text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw unusable(pathIn(dataDir), error);
  }
};

export const forgetAnnouncement = (dataDir: string): void => rmSync(pathIn(dataDir), { force: true });

/** @throws StartError when no service runs on the folder, or it is not ready yet */
export const readAnnouncement = (dataDir: string): string => {
  if (!isLocked(dataDir))
    throw new StartError(`No npm start runs on ${dataDir}: start one, or set its DATA_DIR.`);
  if (!existsSync(pathIn(dataDir))) throw new StartError(`The npm start on ${dataDir} is not ready yet.`);
  return readFileSync(pathIn(dataDir), 'utf8');
};
