import { isUuid } from '#contract';
import { cancelAllWaiting, cancelTask, findTask, statusOf, type Database } from '#database';
import { print, readArguments, runGroup, UsageError, type Command, type Group } from '../command.js';
import { withDatabase } from '../database.js';

/** What the commands on tasks work with. */
type World = { readonly database: Database };

/** A command that does not fit the existing tasks. The message is one sentence. */
class TasksError extends Error {
  override readonly name = 'TasksError';
}

const cancelUsage = `Usage: npx clearcut tasks cancel <taskUUID> --key <name>
       npx clearcut tasks cancel --all --key <name>

Cancels a task, or all tasks that wait. Their callers and webhooks get taskCancelled. A task that runs is stopped by its
worker within about a second.

  --key     the name of the key that sent them, as keys list shows it
  --all     all tasks of that key that wait; those that run go on
`;

const options = { key: { type: 'string' }, all: { type: 'boolean' } } as const;

/** What to cancel: one taskUUID, or undefined for all. */
const readCancel = (args: readonly string[]) => {
  const { values, positionals } = readArguments(args, options, cancelUsage);
  const [taskUUID, ...more] = positionals;
  if (!values.key) throw new UsageError('Name the key that sent the tasks by --key.', cancelUsage);
  if (more.length > 0 || (taskUUID !== undefined) === (values.all === true))
    throw new UsageError('Name one taskUUID, or add --all.', cancelUsage);
  if (taskUUID !== undefined && !isUuid(taskUUID)) throw new UsageError('A taskUUID is a UUID.', cancelUsage);
  return { name: values.key, taskUUID };
};

/** Tasks of revoked keys can be cancelled too. */
const keyOf = async (database: Database, name: string) => {
  const key = await database.apiKey.findUnique({ where: { name }, select: { id: true, ownerId: true } });
  if (!key) throw new TasksError(`There is no key ${name}: see keys list.`);
  return { keyId: key.id, ownerId: key.ownerId ?? key.id };
};

const cancelOne = async (database: Database, ownerId: string, taskUUID: string): Promise<string> => {
  await cancelTask(database, { ownerId, taskUuid: taskUUID });
  const task = await findTask(database, ownerId, taskUUID);
  if (!task) throw new TasksError(`This key has no task ${taskUUID}.`);
  const status = statusOf(task);
  return status === 'waiting' || status === 'running' ? 'cancelling' : status;
};

const cancel: Command<World> = {
  usage: cancelUsage,
  run: async ({ database }, args) => {
    const { name, taskUUID } = readCancel(args);
    const { ownerId, keyId } = await keyOf(database, name);
    if (taskUUID !== undefined)
      return print(`${await cancelOne(database, ownerId, taskUUID)}  ${taskUUID}\n`);
    const ended = await cancelAllWaiting(database, ownerId, keyId);
    print(`cancelled  ${ended.reduce((sum, { count }) => sum + count, 0)} tasks of ${name}\n`);
  },
};

const usage = `Usage: npx clearcut tasks <command> [options]

  cancel   cancel a task of a key, or all of its tasks that wait

The commands work on the database of DATABASE_URL, or on that of the running npm start of this folder.
`;

const tasks: Group<World> = {
  name: 'tasks',
  usage,
  commands: { cancel },
  within: (work) => withDatabase((database) => work({ database })),
};

/**
 * `npx clearcut tasks …`
 *
 * @throws UsageError, TasksError, and faults of the environment or the database
 */
export const run = (args: readonly string[]): Promise<void> => runGroup(tasks, args);
