import { runOnce, type Ending } from './run-once.js';

/**
 * Runs a program as a child, so that its end is seen and can be reported. Signals are passed on, and this process ends
 * as the child does, for the orchestrator to start it again.
 *
 * @param onEnd called when the program ended and nobody had asked it to
 */
export const watchOver = async (
  name: string,
  script: string,
  onEnd: (ending: Ending) => Promise<void>,
): Promise<never> => {
  const run = runOnce({ name, script }, undefined, () => undefined);
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      isStopping = true;
      run.child.kill(signal);
    });

  const ending = await run.ended;
  if (ending.failure !== undefined) process.stderr.write(`${name}: ${ending.failure}\n`);
  if (!isStopping)
    await onEnd(ending).catch((error: unknown) => {
      process.stderr.write(`${name}: its tasks could not be handed back yet: ${String(error)}\n`);
    });
  process.exit(ending.exitCode);
};
