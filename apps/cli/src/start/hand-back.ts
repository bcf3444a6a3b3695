import { handBackOf, openDatabase } from '#database';
import { reasonOf } from '#errors';
import type { Ending } from '#program';

/** Hands back the tasks of a worker that ended. If the database is away, a dispatcher does it later. */
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
