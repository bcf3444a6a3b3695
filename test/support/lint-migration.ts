/** Reads a migration for what programs of the release before it, which run beside it, would stumble over. */

/** Says that no program since that release uses what is taken away. */
const contract = /^-- contract: since (\d+)\.(\d+)\.(\d+)\s*$/;

/** Comments, function bodies and strings; names in quotes too, so that what looks like these in them is not. */
const noise = /"[^"]*"|--[^\n]*|\/\*[^]*?\*\/|\$(\w*)\$[^]*?\$\1\$|'(?:[^']|'')*'/g;

/** Without comments, and with literals emptied, so that what stands in them is not read as SQL. */
const withoutNoise = (sql: string) =>
  sql.replaceAll(noise, (text) => (text.startsWith('"') ? text : /^(--|\/\*)/.test(text) ? ' ' : "''"));

/** At every separator that is not within parentheses. */
const split = (sql: string, separator: string): string[] => {
  const parts = [''];
  let depth = 0;
  for (const character of sql) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === separator && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.replaceAll(/\s+/g, ' ').trim()).filter((part) => part !== '');
};

const name = '(?:IF NOT EXISTS )?(?:ONLY )?((?:"[^"]+"|\\w+)(?:\\.(?:"[^"]+"|\\w+))?)';
const starts = (statement: string, pattern: string) => new RegExp(`^${pattern}`, 'i').exec(statement);
const plain = (found: string | undefined) => (found ?? '').replaceAll('"', '').toLowerCase();

/** What the file has made itself may be changed in it at will, since nobody uses it yet. */
type Made = { readonly tables: Set<string>; readonly columns: Set<string> };

const lintColumn = (action: string): string | undefined => {
  const hasValue = /\bDEFAULT\b|\bGENERATED\b|\b(?:BIG|SMALL)?SERIAL\b/i.test(action);
  if (/\bNOT NULL\b|\bPRIMARY KEY\b/i.test(action) && !hasValue)
    return 'adds a column that old programs would have to fill: let it be nullable or have a default';
  return /\bUNIQUE\b|\bCHECK\b/i.test(action) ? 'adds a rule that old programs may break' : undefined;
};

const lintAction = (table: string, action: string, made: Made): string | undefined => {
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
  if (trigger) return made.tables.has(plain(trigger[1])) ? undefined : 'acts on what old programs write';

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

/** Whether the release that the file names came before this one, whose programs are beside those of the former. */
const mayContract = (sql: string, version: string): boolean => {
  const comments = sql.match(noise) ?? [];
  const [, ...since] = comments.flatMap((comment) => contract.exec(comment) ?? []).map(Number);
  const now = version.split('.').map(Number);
  const place = since.findIndex((part, i) => part !== now[i]);
  return place >= 0 && Number(since[place]) < Number(now[place]);
};

/** The tables in use that a statement locks, and whether nobody may even read them meanwhile. */
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
 * A migration is one transaction. One that locks two tables in use, or one of them more and more, waits sooner or
 * later for a program that waits for it.
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
 * @param version of the release that the migration comes with
 * @returns what it does beyond adding, unless it says why it may: one line for each such statement
 */
export const lintMigration = (sql: string, version: string): string[] => {
  if (mayContract(sql, version)) return [];
  const made: Made = { tables: new Set(), columns: new Set() };
  const lintLocks = createLockLint();
  return split(withoutNoise(sql), ';').flatMap((statement) => {
    const fault = lintStatement(statement, made) ?? lintLocks(statement, made);
    return fault ? [`${statement.slice(0, 80)} … ${fault}`] : [];
  });
};
