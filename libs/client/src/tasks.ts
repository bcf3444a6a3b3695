import { InputError } from './errors.js';
import { tryAgain } from './retry.js';
import type { Runner } from './runner.js';
import { newUuid } from './uuid.js';
import type { AccountDetails, CancelAnswer, Model, Preset } from './wire.js';

/** @throws InputError at a server that has only Runware's API */
export const requireExtensions = ({ extensions }: Runner, what: string): void => {
  if (extensions.on) return;
  const message = `${what} is not part of Runware's API; see the option extensions.`;
  throw new InputError('unsupportedTaskType', message);
};

/** @throws TaskError, ConnectionError, the signal's reason */
export const cancelTask = async (
  runner: Runner,
  taskUUID: string,
  signal: AbortSignal,
): Promise<CancelAnswer> => {
  requireExtensions(runner, 'cancelTask');
  const task = { taskType: 'cancelTask', taskUUID };
  const [item] = await tryAgain(() => runner.http.post(task, signal), { ...runner.again, signal });
  return item as unknown as CancelAnswer;
};

/** @throws TaskError, ConnectionError, the signal's reason */
export const listModels = async (runner: Runner, signal: AbortSignal): Promise<readonly Model[]> => {
  requireExtensions(runner, 'GET /v1/models');
  const items = await tryAgain(() => runner.http.get('/v1/models', signal), { ...runner.again, signal });
  return items as unknown as Model[];
};

/** @throws TaskError, ConnectionError, the signal's reason */
export const listPresets = async (runner: Runner, signal: AbortSignal): Promise<readonly Preset[]> => {
  requireExtensions(runner, 'GET /v1/presets');
  const items = await tryAgain(() => runner.http.get('/v1/presets', signal), { ...runner.again, signal });
  return items as unknown as Preset[];
};

/** @throws TaskError, ConnectionError, the signal's reason */
export const readAccount = async (runner: Runner, signal: AbortSignal): Promise<AccountDetails> => {
  const task = { taskType: 'accountManagement', taskUUID: newUuid(), operation: 'getDetails' };
  const [item] = await tryAgain(() => runner.http.post(task, signal), { ...runner.again, signal });
  return item as unknown as AccountDetails;
};
