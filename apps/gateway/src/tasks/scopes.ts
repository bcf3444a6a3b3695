import { TaskError, type TaskType } from '#contract';
import type { KeyScope, Owner } from '#database';

/** What a key must be allowed to do for each taskType. Null: nothing. */
const scopeOf: { readonly [T in TaskType]: KeyScope | null } = {
  authentication: null,
  ping: null,
  removeBackground: 'run',
  imageBackgroundRemoval: 'run',
  removeImageBackground: 'run',
  imageUpload: 'upload',
  mediaStorage: 'upload',
  getResponse: 'read',
  getTaskDetails: 'read',
  cancelTask: 'run',
  listTasks: 'read',
  listWebhooks: 'read',
  replayWebhooks: 'run',
  accountManagement: 'admin',
};

/** For an address that takes no taskType. @throws TaskError permissionDenied */
export const requireScope = ({ name, key: { scopes } }: Owner, scope: KeyScope): void => {
  if (scopes.includes(scope)) return;
  const message = `This address needs a key with the scope ${scope}, which the key ${name} lacks.`;
  throw new TaskError('permissionDenied', message);
};

/** @throws TaskError permissionDenied */
export const requireScopeFor = ({ name, key: { scopes } }: Owner, taskType: TaskType): void => {
  const scope = scopeOf[taskType];
  if (scope === null || scopes.includes(scope)) return;
  const message = `The key ${name} may not send ${taskType}: it lacks the scope ${scope}.`;
  throw new TaskError('permissionDenied', message, { parameter: 'taskType' });
};
