import { fileURLToPath } from 'node:url';
import { directUrl, readCatalogue, readServiceConfig } from '#config';
import { requirePlatform, runProgram, watchOver, type Ending } from '#program';

/** Hands back at once what the worker had in hand. */
const handBack = async ({ identity, isOwnFault }: Ending): Promise<void> => {
  if (identity === undefined) return;
  const { handBackOf, openDatabase } = await import('#database');
  const database = openDatabase(directUrl(readServiceConfig()));
  try {
    await handBackOf(database, identity, isOwnFault);
  } finally {
    await database.$disconnect();
  }
};

// A process that nobody forked runs the worker as its child: a task that ends the worker is found by its end.
if (!process.send) await watchOver('worker', fileURLToPath(import.meta.url), handBack);

await runProgram('worker', async (context) => {
  requirePlatform();
  const { startWorker } = await import('./start-worker.js');
  return startWorker(context, await readCatalogue(context.config));
});
