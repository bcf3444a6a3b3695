import { isUuid } from '#contract';
import {
  cancelAllWaiting,
  cancelTask,
  explainSuspect,
  findTask,
  replayTask,
  statusOf,
  suspectTasks,
  type Database,
} from '#database';
import {
  print,
  readArguments,
  runGroup,
  table,
  UsageError,
  type Command,
  type Group,
  type Help,
} from '../command.js';
import { withDatabase } from '../database.js';
import { list } from './list.js';
import { show } from './show.js';
import { TasksError, type World } from './world.js';

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

const suspectsUsage = `Usage: npx clearcut tasks suspects [--json]

Lists tasks whose worker vanished: those of the last day, and all that were given up for it. From the second time on, a
task runs alone in its worker. It is given up only when a worker ends by itself while it runs alone.

  --json     JSON
`;

const MOST_LISTED = 100;

const suspects: Command<World> = {
  usage: suspectsUsage,
  run: async ({ database }, args) => {
    const { values, positionals } = readArguments(args, { json: { type: 'boolean' } }, suspectsUsage);
    if (positionals.length > 0) throw new UsageError('tasks suspects takes no arguments.', suspectsUsage);
    const found = await suspectTasks(database, MOST_LISTED);
    if (values.json) {
      const items = found.map((task) => ({
        id: task.id,
        taskUUID: task.taskUuidSent,
        model: task.model,
        vanished: task.stalls,
        state: explainSuspect(task),
      }));
      return print(`${JSON.stringify(items, undefined, 2)}\n`);
    }
    const rows = found.map((task) => [
      task.id,
      task.taskUuidSent,
      task.model ?? '',
      `${task.stalls}`,
      explainSuspect(task),
    ]);
    print(table([['ID', 'TASKUUID', 'MODEL', 'VANISHED', 'STATE'], ...rows]));
  },
};

const replayUsage = `Usage: npx clearcut tasks replay <id>

Runs a task again that was given up since its worker ended, alone in its worker. tasks suspects lists the ids. Its caller
gets the new result by the same taskUUID, and its webhook another call.
`;

const replay: Command<World> = {
  usage: replayUsage,
  run: async ({ database }, args) => {
    const { positionals } = readArguments(args, {}, replayUsage);
    const [id, ...more] = positionals;
    if (id === undefined || more.length > 0 || !isUuid(id))
      throw new UsageError('Name the id of one task, as tasks suspects lists it.', replayUsage);
    if (!(await replayTask(database, id)))
      throw new TasksError(`No task ${id} waits for a replay: see tasks suspects.`);
    print(`replayed  ${id}\n`);
  },
};

const usage = `Usage: npx clearcut tasks <command> [options]

  list       list tasks by key, status, model and time
  show       show one task
  cancel     cancel a task of a key, or all of its tasks that wait
  suspects   list tasks whose worker vanished
  replay     run a task again that was given up for it

The commands work on the database of DATABASE_URL, or on that of the running npm start of this folder.
`;

const tasks: Group<World> = {
  name: 'tasks',
  usage,
  commands: { list, show, cancel, suspects, replay },
  within: (work) => withDatabase((database) => work({ database })),
};

export const help: Help = tasks;

/**
 * `npx clearcut tasks …`
 *
 * @throws UsageError, TasksError, and faults of the environment or the database
 */
export const run = (args: readonly string[]): Promise<void> => runGroup(tasks, args);
