/**
 * Checks a migration for statements that break or block programs of the previous release, which run at the
 * same time.
 */

/** Declares that no program since that release uses what the statement removes. */
const contract = /^-- contract: since (\d+)\.(\d+)\.(\d+)\s*$/;

/** Comments, function bodies, strings and quoted names, so that their content is not parsed as SQL. */
const noise = /"[^"]*"|--[^\n]*|\/\*[^]*?\*\/|\$(\w*)\$[^]*?\$\1\$|'(?:[^']|'')*'/g;

/** Removes comments and empties literals. */
export const withoutNoise = (sql: string) =>
  sql.replaceAll(noise, (text) => (text.startsWith('"') ? text : /^(--|\/\*)/.test(text) ? ' ' : "''"));

/** Splits at separators outside parentheses and brackets. */
export const split = (sql: string, separator: string): string[] => {
  const parts = [''];
  let depth = 0;
  for (const character of sql) {
    if ('(['.includes(character)) depth++;
    if (')]'.includes(character)) depth--;
    if (character === separator && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.replaceAll(/\s+/g, ' ').trim()).filter((part) => part !== '');
};

export const name = '(?:IF NOT EXISTS )?(?:ONLY )?((?:"[^"]+"|\\w+)(?:\\.(?:"[^"]+"|\\w+))?)';
export const starts = (statement: string, pattern: string) => new RegExp(`^${pattern}`, 'i').exec(statement);
export const plain = (found: string | undefined) => (found ?? '').replaceAll('"', '').toLowerCase();

/** Objects that the file itself creates may change freely, because nothing uses them yet. */
type Made = {
  readonly tables: Set<string>;
  readonly columns: Set<string>;
  /** Functions that only notify. A trigger that calls one after a change leaves old programs alone. */
  readonly notifiers: ReadonlySet<string>;
};

const notifier =
  /CREATE FUNCTION (\w+)\(\) RETURNS trigger AS \$\$\s*BEGIN\s+PERFORM pg_notify\([^;]*\);\s*RETURN NULL;\s*END;\s*\$\$/gi;

const notifiersOf = (sql: string): ReadonlySet<string> =>
  new Set([...sql.matchAll(notifier)].map(([, called]) => plain(called)));

/** Whether the trigger does no more than notify. */
const onlyNotifies = (statement: string, { notifiers }: Made): boolean => {
  const called = starts(statement, 'CREATE TRIGGER \\w+ AFTER .* EXECUTE FUNCTION (\\w+)\\(\\)$')?.[1];
  return notifiers.has(plain(called));
};

const lintColumn = (action: string): string | undefined => {
  const hasValue = /\bDEFAULT\b|\bGENERATED\b|\b(?:BIG|SMALL)?SERIAL\b/i.test(action);
  if (/\bNOT NULL\b|\bPRIMARY KEY\b/i.test(action) && !hasValue)
    return 'adds a column that old programs would have to fill: let it be nullable or have a default';
  return /\bUNIQUE\b|\bCHECK\b/i.test(action) ? 'adds a rule that old programs may break' : undefined;
};

const lintAction = (table: string, action: string, made: Made): string | undefined => {
  // Storage parameters, such as fillfactor, change no answer.
  if (starts(action, 'SET \\(')) return undefined;
  const column = starts(
    action,
    `ADD (?!CONSTRAINT\\b|PRIMARY\\b|UNIQUE\\b|FOREIGN\\b|CHECK\\b|EXCLUDE\\b)(?:COLUMN )?${name}`,
  );
  if (!column) return 'changes what old programs use: only ADD COLUMN expands';
  made.columns.add(`${table}.${plain(column[1])}`);
  return lintColumn(action);
};

const lintUpdate = (table: string, statement: string, made: Made): string | undefined => {
  const [, set = ''] = /\bSET\b(.*?)(?:\b(?:FROM|WHERE|RETURNING)\b.*)?$/i.exec(statement) ?? [];
  const columns = split(set, ',').map((assignment) => plain(assignment.split('=')[0]).trim());
  const old = columns.filter((column) => !made.columns.has(`${table}.${column}`));
  return old.length > 0 ? `rewrites what old programs read: ${old.join(', ')}` : undefined;
};

const lintStatement = (statement: string, made: Made): string | undefined => {
  const created = starts(statement, `CREATE (?:UNLOGGED )?TABLE ${name}`);
  if (created) {
    made.tables.add(plain(created[1]));
    return undefined;
  }
  if (starts(statement, '(?:CREATE (?:TYPE|SEQUENCE|VIEW|FUNCTION|EXTENSION)|COMMENT ON|INSERT INTO)\\b'))
    return undefined;

  const index = starts(statement, `CREATE (UNIQUE )?INDEX (?:CONCURRENTLY )?${name} ON ${name}`);
  if (index)
    return index[1] && !made.tables.has(plain(index[3]))
      ? 'adds a rule that old programs may break'
      : undefined;

  const trigger = starts(statement, `CREATE TRIGGER .* ON ${name}`);
  if (trigger) {
    const isHarmless = made.tables.has(plain(trigger[1])) || onlyNotifies(statement, made);
    return isHarmless ? undefined : 'acts on what old programs write';
  }

  const updated = starts(statement, `UPDATE ${name}`);
  if (updated) return lintUpdate(plain(updated[1]), statement, made);

  const altered = starts(statement, `ALTER TABLE (?:IF EXISTS )?${name} `);
  if (!altered) return 'is not known to leave old programs alone';
  const table = plain(altered[1]);
  if (made.tables.has(table)) return undefined;
  const faults = split(statement.slice(altered[0].length), ',').map((action) =>
    lintAction(table, action, made),
  );
  return faults.find((fault) => fault !== undefined);
};

/** Whether the named release is older than this one. Programs of the previous release still run. */
const mayContract = (sql: string, version: string): boolean => {
  const comments = sql.match(noise) ?? [];
  const [, ...since] = comments.flatMap((comment) => contract.exec(comment) ?? []).map(Number);
  const now = version.split('.').map(Number);
  const place = since.findIndex((part, i) => part !== now[i]);
  return place >= 0 && Number(since[place]) < Number(now[place]);
};

/** The existing tables that a statement locks, and whether the lock also blocks reads. */
const locksOf = (statement: string, made: Made): { readonly tables: string[]; readonly isWhole: boolean } => {
  const altered = starts(statement, `ALTER TABLE (?:IF EXISTS )?${name} `)?.[1];
  const others = [
    starts(statement, `CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?${name} ON ${name}`)?.[2],
    starts(statement, `UPDATE ${name}`)?.[1],
    ...[...statement.matchAll(new RegExp(`\\bREFERENCES ${name}`, 'gi'))].map(([, table]) => table),
  ];
  const tables = [altered, ...others].flatMap((table) => (table ? [plain(table)] : []));
  const inUse = new Set(tables.filter((table) => !made.tables.has(table)));
  return { tables: [...inUse], isWhole: altered !== undefined && inUse.has(plain(altered)) };
};

/**
 * A migration is one transaction. If it locks two existing tables, or raises a lock, it can deadlock with a
 * program.
 */
const createLockLint = () => {
  const locked = new Map<string, boolean>();
  return (statement: string, made: Made): string | undefined => {
    const { tables, isWhole } = locksOf(statement, made);
    for (const table of tables) {
      const before = locked.get(table);
      if (before === undefined && locked.size > 0)
        return `locks ${table} besides ${[...locked.keys()].join()}: put it into a migration of its own`;
      if (before === false && isWhole) return `locks ${table} further: put ALTER TABLE first`;
      locked.set(table, before ?? isWhole);
    }
    return undefined;
  };
};

/**
 * @param version the release that the migration comes with
 * @returns one line for each statement that is not purely additive and not declared safe
 */
export const lintMigration = (sql: string, version: string): string[] => {
  if (mayContract(sql, version)) return [];
  const made: Made = { tables: new Set(), columns: new Set(), notifiers: notifiersOf(sql) };
  const lintLocks = createLockLint();
  return split(withoutNoise(sql), ';').flatMap((statement) => {
    const fault = lintStatement(statement, made) ?? lintLocks(statement, made);
    return fault ? [`${statement.slice(0, 80)} … ${fault}`] : [];
  });
};
