import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/client.js';

export type Database = PrismaClient;

/**
 * A pool whose connections always have a listener. Between the pool's own and the one of whoever checks a
 * connection out lies a moment; a connection that the server cuts just then would end the process. Nothing is
 * lost by it: the query that the connection was for rejects.
 */
const openPool = (databaseUrl: string): pg.Pool => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10, connectionTimeoutMillis: 5000 });
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
};

/** A list makes a statement of its own for each of its lengths; long ones are not worth the server's memory. */
const MAX_PARAMETERS = 48;

/**
 * By its name a connection recognises a statement that it has seen, and Postgres need not parse and plan it anew:
 * a third of its work for a task. An empty name is none.
 */
const nameOf = ({ sql, args }: { sql: string; args: unknown[] }): string =>
  args.length > MAX_PARAMETERS ? '' : createHash('sha256').update(sql).digest('base64url');

/** Opens lazily; every query rejects while the server is away. */
export const openDatabase = (databaseUrl: string): Database =>
  new PrismaClient({
    adapter: new PrismaPg(openPool(databaseUrl), {
      disposeExternalPool: true,
      statementNameGenerator: nameOf,
    }),
  });

export const pingDatabase = async (database: Database): Promise<void> => {
  await database.$queryRaw`SELECT 1`;
};
