import { z } from 'zod';
import { Prisma } from './generated/client.js';

/** Prisma's codes for a server that is away, refuses, is slow or has no place for one more. */
const codes = new Set('P1000 P1001 P1002 P1003 P1008 P1010 P1011 P1017 P2024 P2028 P2034 P2037'.split(' '));

/** The same as its driver for Postgres names it. */
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

/**
 * Postgres's own: connection, read-only transaction (as on a standby), rollback, resources such as a full disk,
 * lock not available, shutdown, and its file system.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const SQLSTATE = /^(08...|25006|40...|53...|55P03|57...|58...)$/;

/** What the driver said lies in the cause of its error, or in the facts that Prisma adds to its own. */
const DriverFault = z.object({ kind: z.string().exactOptional(), code: z.string().exactOptional() });
const Raised = z.object({ cause: DriverFault });
const Known = z.object({ driverAdapterError: Raised });

const driverFaultOf = (error: unknown): z.infer<typeof DriverFault> => {
  if (error instanceof Prisma.PrismaClientKnownRequestError)
    return Known.safeParse(error.meta).data?.driverAdapterError.cause ?? {};
  return Raised.safeParse(error).data?.cause ?? {};
};

/** Whether it is the database that is in trouble, in a way that may pass, and not the question that is wrong. */
export const isDatabaseOutage = (error: unknown): boolean => {
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  if (error instanceof Prisma.PrismaClientKnownRequestError && codes.has(error.code)) return true;
  const { kind = '', code = '' } = driverFaultOf(error);
  return kinds.has(kind) || SQLSTATE.test(code);
};
