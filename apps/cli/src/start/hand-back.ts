import { handBackOf, openDatabase } from '#database';
import { reasonOf } from '#errors';
import type { Ending } from '#program';

/**
 * Hands back at once what a worker had in hand that ended unexpectedly. Should the database be away, the dispatcher hands
 * it back after some seconds of silence.
 */
export const createHandBack =
  (databaseUrl: string, say: (line: string) => void) =>
  async ({ identity, isOwnFault }: Ending): Promise<void> => {
    if (identity === undefined) return;
    const database = openDatabase(databaseUrl);
    try {
      const handedBack = await handBackOf(database, identity, isOwnFault);
      if (handedBack.length > 0) say(`Tasks in hand of the worker: ${handedBack.length}; they wait again.`);
    } catch (error) {
      say(`The tasks of the worker could not be handed back yet: ${reasonOf(error)}`);
    } finally {
      await database.$disconnect();
    }
  };
