import type { Database } from './client.js';

/** How the programs of this database use the connections of the server. */
export type ConnectionUse = {
  /** Processes that are connected now, by the name of their program, such as `gateway`. */
  readonly processes: ReadonlyMap<string, number>;
  /** Connections of all clients of the server. */
  readonly used: number;
  /** Connections that the server has for roles without special rights. */
  readonly available: number;
};

/**
 * Reads it from Postgres, where each program connects under a name of its own: see `namedUrl`. It asks only for what every
 * role may see of the connections of others.
 */
export const connectionUse = async (database: Database): Promise<ConnectionUse> => {
  const named = await database.$queryRaw<{ program: string; processes: number }[]>`
    SELECT substring(application_name from '^clearcut-([^/]+)/') AS program,
           count(DISTINCT application_name)::int AS processes
      FROM pg_stat_activity
     WHERE datname = current_database() AND application_name ~ '^clearcut-[^/]+/'
     GROUP BY 1`;
  const [server] = await database.$queryRaw<{ used: number; available: number }[]>`
    SELECT (SELECT count(*)::int FROM pg_stat_activity WHERE usesysid IS NOT NULL) AS used,
           current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
             - coalesce(current_setting('reserved_connections', true)::int, 0) AS available`;
  return {
    processes: new Map(named.map(({ program, processes }) => [program, processes])),
    used: server?.used ?? 0,
    available: server?.available ?? 0,
  };
};
