import { name, plain, split, starts, withoutNoise } from './lint-migration.js';

/** Tables of a few thousand rows at most, on which everything is quick. */
const small = new Set(['api_keys', 'claimants', 'served_models', 'turns', 'webhook_secrets', 'workers']);

const blocking: readonly (readonly [pattern: RegExp, fault: string])[] = [
  [/^VACUUM\b.*\bFULL\b|^VACUUM \(.*\bFULL\b/i, 'rewrites the table while nobody may read it'],
  [/^CLUSTER\b/i, 'rewrites the table while nobody may read it'],
  [/^REINDEX (?!.*\bCONCURRENTLY\b)/i, 'blocks writes until the index is built: add CONCURRENTLY'],
  [/^LOCK\b/i, 'locks a table for the rest of the migration'],
  [/^TRUNCATE\b/i, 'locks the table, and cannot be undone by an old program'],
];

/** Actions of ALTER TABLE that read or write every row under a lock that blocks programs. */
const rewriting: readonly (readonly [pattern: RegExp, fault: string])[] = [
  [
    /^ADD (?:COLUMN )?.*\b(?:(?:BIG|SMALL)?SERIAL\b|GENERATED\b|DEFAULT (?:gen_random_uuid|uuidv7|random|nextval|clock_timestamp|timeofday)\()/i,
    'writes every row: its default differs for each',
  ],
  [
    /^ALTER (?:COLUMN )?\S+ (?:SET DATA )?TYPE\b/i,
    'may write every row: add a column, and fill it in batches',
  ],
  [/^ALTER (?:COLUMN )?\S+ SET NOT NULL\b/i, 'reads every row: add a CHECK NOT VALID, and validate it later'],
  [
    /^ADD (?:CONSTRAINT \S+ )?(?:CHECK|FOREIGN KEY)\b(?!.*\bNOT VALID\b)/i,
    'reads every row: add NOT VALID, and validate it later',
  ],
  [
    /^ADD (?:CONSTRAINT \S+ )?(?:UNIQUE|PRIMARY KEY|EXCLUDE)\b(?!.*\bUSING INDEX\b)/i,
    'builds an index: use one that was built CONCURRENTLY',
  ],
  [/^SET (?:LOGGED|UNLOGGED|TABLESPACE|ACCESS METHOD)\b/i, 'writes every row'],
];

const faultIn = (rules: typeof blocking, text: string): string | undefined =>
  rules.find(([pattern]) => pattern.test(text))?.[1];

const lintAlter = (statement: string, isQuick: (table: string) => boolean): string | undefined => {
  const altered = starts(statement, `ALTER TABLE (?:IF EXISTS )?${name} `);
  if (!altered || isQuick(plain(altered[1]))) return undefined;
  return split(statement.slice(altered[0].length), ',')
    .map((action) => faultIn(rewriting, action))
    .find((fault) => fault !== undefined);
};

const lintIndex = (statement: string, isQuick: (table: string) => boolean): string | undefined => {
  const index = starts(statement, `CREATE (?:UNIQUE )?INDEX (CONCURRENTLY )?${name} ON ${name}`);
  if (!index || index[1] || isQuick(plain(index[3]))) return undefined;
  return 'blocks writes until the index is built: add CONCURRENTLY, in a file that begins with `-- no transaction`';
};

const lintRows = (statement: string, isQuick: (table: string) => boolean): string | undefined => {
  const changed = starts(statement, `(?:UPDATE|DELETE FROM) ${name}`);
  if (!changed || isQuick(plain(changed[1])) || /\bLIMIT \d+\b/i.test(statement)) return undefined;
  return 'holds every row that it changes until its end: let the dispatcher fill rows in batches, or take a LIMIT';
};

/**
 * Checks a migration for statements that block programs on large tables for longer than a moment.
 * @returns one line for each
 */
export const lintBlocking = (sql: string): string[] => {
  const statements = split(withoutNoise(sql), ';');
  const made = new Set(
    statements.map((statement) => plain(starts(statement, `CREATE (?:UNLOGGED )?TABLE ${name}`)?.[1])),
  );
  const isQuick = (table: string) => made.has(table) || small.has(table);
  return statements.flatMap((statement) => {
    const fault =
      faultIn(blocking, statement) ??
      lintAlter(statement, isQuick) ??
      lintIndex(statement, isQuick) ??
      lintRows(statement, isQuick);
    return fault ? [`${statement.slice(0, 80)} … ${fault}`] : [];
  });
};
