import pg from 'pg';
import { z } from 'zod';
import { Prisma } from './generated/client.js';

/** Prisma's codes for a server that is away, refuses, is slow or is out of connections. */
const codes = new Set('P1000 P1001 P1002 P1003 P1008 P1010 P1011 P1017 P2024 P2028 P2034 P2037'.split(' '));

/** The same faults by the names of Prisma's Postgres driver. */
const kinds = new Set([
  'AuthenticationFailed',
  'ConnectionClosed',
  'DatabaseAccessDenied',
  'DatabaseDoesNotExist',
  'DatabaseNotReachable',
  'SocketTimeout',
  'TlsConnectionError',
  'TooManyConnections',
  'TransactionAlreadyClosed',
  'TransactionWriteConflict',
]);

/** Postgres cannot be reached: no connection, or one that was lost. */
export class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway';
}

/**
 * SQLSTATEs of outages: connection, read-only transaction (as on a standby), no access, no such database, rollback,
 * resources such as a full disk, lock not available, shutdown, file system.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const SQLSTATE = /^(08...|25006|28...|3D000|40...|53...|55P03|57...|58...)$/;

/** Depending on the query, the driver's error is the `cause` or is in Prisma's `meta`. */
const DriverFault = z.object({ kind: z.string().exactOptional(), code: z.string().exactOptional() });
const Raised = z.object({ cause: DriverFault });
const Known = z.object({ driverAdapterError: Raised });

const driverFaultOf = (error: unknown): z.infer<typeof DriverFault> => {
  if (error instanceof Prisma.PrismaClientKnownRequestError)
    return Known.safeParse(error.meta).data?.driverAdapterError.cause ?? {};
  return Raised.safeParse(error).data?.cause ?? {};
};

/** Faults of the driver's pool, which have no code, as Prisma passes them on. */
const poolFaults = new Set([
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'Connection terminated unexpectedly',
  'Connection terminated',
  'timeout expired',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
]);

/** Whether the database has a fault that may pass, as opposed to a wrong query. */
export const isDatabaseOutage = (error: unknown): boolean => {
  if (error instanceof DatabaseAway || error instanceof Prisma.PrismaClientInitializationError) return true;
  if (error instanceof Error && poolFaults.has(error.message)) return true;
  if (error instanceof pg.DatabaseError) return SQLSTATE.test(error.code ?? '');
  if (error instanceof Prisma.PrismaClientKnownRequestError && codes.has(error.code)) return true;
  const { kind = '', code = '' } = driverFaultOf(error);
  return kinds.has(kind) || SQLSTATE.test(code);
};
