import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';

/** The unprivileged user that runs Postgres when we are root, as Postgres refuses to run as root. */
export type Account = { readonly name: string; readonly uid: number; readonly gid: number };

/** `undefined`: Postgres runs as we do. An existing cluster keeps its owner, also when users were added since. */
export function accountFor(cluster: string | undefined): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;

  const account = (cluster && ownerOf(cluster)) || lookUp('postgres') || lookUp('nobody');
  if (!account) {
    throw new Error(
      'Postgres refuses to run as root and there is no user postgres or nobody: ' +
        'start Clearcut as an ordinary user or set DATABASE_URL.',
    );
  }
  return account;
}

/** Tries to enter the folder and write to it as that account. Returns what it cannot do. */
export function obstacleIn(folder: string, account: Account): string | undefined {
  const { error, status } = spawnSync(
    '/bin/sh',
    ['-c', 'cd "$1" 2>/dev/null || exit 1; test -w . || exit 2', 'sh', folder],
    { cwd: '/', uid: account.uid, gid: account.gid },
  );
  if (error) {
    throw new Error(
      `Postgres refuses to run as root and this system does not let it run as ${account.name} ` +
        `(${error.message}): start Clearcut as an ordinary user or set DATABASE_URL.`,
      { cause: error },
    );
  }
  if (status === 0) return undefined;
  return `${account.name} cannot ${status === 2 ? 'write to' : 'enter'} ${folder}`;
}

function ownerOf(path: string): Account | undefined {
  const { uid, gid } = statSync(path);
  if (uid === 0) return undefined;
  const name = passwdEntries().find((entry) => entry[2] === String(uid))?.[0];
  return { name: name ? `the user ${name}` : `the user with id ${uid}`, uid, gid };
}

function lookUp(name: string): Account | undefined {
  const entry = passwdEntries().find((entry) => entry[0] === name);
  const [, , uid, gid] = entry ?? [name, '', idOf('-u', name), idOf('-g', name)];
  return uid && gid ? { name: `the user ${name}`, uid: Number(uid), gid: Number(gid) } : undefined;
}

function passwdEntries(): string[][] {
  if (!existsSync('/etc/passwd')) return [];
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
}

/** For users of a directory service, which /etc/passwd does not list. */
function idOf(flag: '-u' | '-g', name: string): string | undefined {
  const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
