import { reasonIn } from './reason.js';

/** What an operator can do about a server that does not start or does not serve. */
const remedies: readonly { readonly when: RegExp; readonly advice: (home: string) => string }[] = [
  { when: /No space left/, advice: () => 'Make room on that disk; nothing is lost' },
  {
    when: /initialized by PostgreSQL version/,
    advice: () =>
      'Another release of Clearcut wrote the data: make a backup with that one by `npx clearcut backup`, and restore it with this one',
  },
  {
    when: /wrong ownership|Permission denied|permission denied|cannot (enter|write to)/,
    advice: (home) => `Give ${home} and all in it to one user, as by \`chown -R\``,
  },
  {
    when: new RegExp(
      [
        'pg_control',
        'incompatible with server',
        'PG_CONTROL_VERSION',
        'incorrect checksum',
        'WAL directory',
        'valid checkpoint',
        'not a (valid )?(data directory|database cluster directory)',
        'Not a directory',
        'invalid (page|data)',
        'pg_filenode\\.map',
        'status of transaction',
        'subdirectory .* is missing',
        'server configuration file|could not load .*\\.conf',
        'could not (open|read|access) (file|directory) "(base|global|pg_)',
      ].join('|'),
    ),
    advice: (home) =>
      `The data are damaged: restore a backup by \`npx clearcut restore FILE --replace\`, which keeps them aside; without one, move ${home} away to begin anew`,
  },
];

/**
 * Why a server did not start or serve, and what to do, without the last full stop.
 *
 * @param log what the programs of Postgres wrote
 * @param signal the signal that ended the program
 */
export function explain(log: string, home: string, signal?: NodeJS.Signals | null): string {
  const reason = reasonIn(log, home, signal);
  // Details are not the reason, but may tell the kind of damage.
  const text = reason.startsWith('No space left') ? reason : `${reason}\n${detailsIn(log)}`;
  const remedy = remedies.find(({ when }) => when.test(text));
  return remedy ? `${reason}. ${remedy.advice(home)}` : reason;
}

const detailsIn = (log: string): string =>
  log
    .split(/\r?\n/)
    .filter((line) => /\bDETAIL:/.test(line))
    .join('\n');
