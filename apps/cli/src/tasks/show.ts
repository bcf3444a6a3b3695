import { isUuid } from '#contract';
import { findOwnerId, isServed, statusOf, StoredProblem, timedStages, type TaskRow } from '#database';
import { print, readArguments, table, UsageError, type Command } from '../command.js';
import { moment } from '../keys/show-key.js';
import { TasksError, type World } from './world.js';

const usage = `Usage: npx clearcut tasks show <taskUUID> [--key NAME] [--json]

Shows the latest task with that taskUUID: how it stands, what it asked for, where its time went, and why it failed.

  --key NAME    of the owner of that key, where several owners chose the same UUID
  --json        JSON
`;

const options = { key: { type: 'string' }, json: { type: 'boolean' } } as const;

const readUuid = ([taskUUID, ...more]: readonly string[]): string => {
  if (taskUUID !== undefined && more.length === 0 && isUuid(taskUUID)) return taskUUID.toLowerCase();
  throw new UsageError('Name one taskUUID, as tasks list shows it.', usage);
};

const ownerOf = async ({ database }: World, name: string): Promise<string> => {
  const ownerId = await findOwnerId(database, name);
  if (ownerId === undefined) throw new TasksError(`There is no key ${name}: see keys list.`);
  return ownerId;
};

const find = async (world: World, taskUuid: string, key: string | undefined): Promise<TaskRow> => {
  const owner = key === undefined ? {} : { ownerId: await ownerOf(world, key) };
  const task = await world.database.task.findFirst({
    where: { taskUuid, ...owner },
    orderBy: [{ createdAt: 'desc' }, { revision: 'desc' }],
  });
  if (!task) throw new TasksError(`There is no task ${taskUuid}${key ? ` of ${key}` : ''}.`);
  return task;
};

/** Milliseconds of each stage that the task went through. */
const stagesOf = (task: TaskRow): Record<string, number> =>
  Object.fromEntries(
    timedStages.flatMap((stage) => {
      const ms = task[`${stage}Ms`];
      return ms === null ? [] : [[stage, Math.round(ms)]];
    }),
  );

const isWaiting = ({ state, finishedAt }: TaskRow): boolean => state === 'queued' && finishedAt === null;

/** Whether it waits, and no worker serves its model just now. */
const waitsForWorker = async ({ database }: World, task: TaskRow): Promise<boolean> =>
  isWaiting(task) && task.model !== null && !(await isServed(database, task.model));

/** Without addresses, which are sealed. */
const describe = (task: TaskRow) => ({
  id: task.id,
  taskUUID: task.taskUuidSent,
  revision: task.revision,
  taskType: task.taskType,
  status: statusOf(task),
  stage: task.stage,
  model: task.model,
  sync: task.isSync,
  priority: task.priority,
  attempts: task.attempt,
  vanished: task.stalls,
  acceptedAt: moment(task.createdAt),
  startedAt: moment(task.startedAt),
  endedAt: moment(task.finishedAt),
  deadlineAt: moment(task.deadlineAt),
  device: task.device ?? '-',
  cost: task.cost?.toNumber() ?? null,
  inputImageUUID: task.inputImageId,
  imageUUID: task.outputImageId,
  stagesMs: stagesOf(task),
  request: task.request,
  error: task.problem === null ? null : StoredProblem.parse(task.problem),
});

const textOf = (value: unknown): string => {
  if (value === null) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
};

export const show: Command<World> = {
  usage,
  run: async (world, args) => {
    const { values, positionals } = readArguments(args, options, usage);
    const task = await find(world, readUuid(positionals), values.key);
    const facts = { ...describe(task), ...((await waitsForWorker(world, task)) && { waitsForWorker: true }) };
    if (values.json) return print(`${JSON.stringify(facts, undefined, 2)}\n`);
    print(table(Object.entries(facts).map(([name, value]) => [name, textOf(value)])));
  },
};
