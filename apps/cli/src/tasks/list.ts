import { TaskStatus } from '#contract';
import { listTasks, statusOf, StoredProblem, type ListedRow, type TaskFilter } from '#database';
import { print, readArguments, table, UsageError, type Command } from '../command.js';
import { moment } from '../keys/show-key.js';
import { readSpan, spanOptions, spanUsage } from '../webhooks/span.js';
import type { World } from './world.js';

const statuses = TaskStatus.options;

const usage = `Usage: npx clearcut tasks list [options]

Lists tasks, the latest first.

  --status STATUS    only these: ${statuses.join(', ')}
  --model AIR        only those of this model
${spanUsage}  --limit N          how many at most, from 1 to 1000; 50 unless given
  --json             JSON
`;

const options = {
  ...spanOptions,
  status: { type: 'string' },
  model: { type: 'string' },
  limit: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const isStatus = (word: string): word is TaskStatus => (statuses as readonly string[]).includes(word);

const readStatus = (text: string | undefined): TaskStatus | undefined => {
  if (text === undefined || isStatus(text)) return text;
  throw new UsageError(`--status takes one of ${statuses.join(', ')}.`, usage);
};

const readLimit = (text = '50'): number => {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= 1000) return limit;
  throw new UsageError('--limit takes a whole number from 1 to 1000.', usage);
};

/** Pages until there are enough, since a page may hold fewer than its limit. */
const findAll = async ({ database }: World, asked: Omit<TaskFilter, 'limit'>, limit: number) => {
  const found: ListedRow[] = [];
  let after: string | undefined;
  do {
    const page = await listTasks(database, { ...asked, after, limit: limit - found.length });
    found.push(...page.tasks);
    after = page.next;
  } while (after !== undefined && found.length < limit);
  return found;
};

const codeOf = ({ problem }: ListedRow): string | undefined =>
  problem === null ? undefined : StoredProblem.parse(problem).code;

const head = ['TASKUUID', 'STATUS', 'MODEL', 'ACCEPTED', 'ENDED', 'COST', 'ERROR'];

const toRow = (task: ListedRow): string[] => [
  task.taskUuidSent,
  statusOf(task),
  task.model ?? '-',
  moment(task.createdAt),
  moment(task.finishedAt),
  task.cost?.toString() ?? '-',
  codeOf(task) ?? '-',
];

const toItem = (task: ListedRow) => ({
  taskUUID: task.taskUuidSent,
  taskType: task.taskType,
  status: statusOf(task),
  model: task.model,
  createdAt: task.createdAt,
  startedAt: task.startedAt,
  finishedAt: task.finishedAt,
  deadlineAt: task.deadlineAt,
  cost: task.cost?.toNumber() ?? null,
  error: codeOf(task) ?? null,
});

export const list: Command<World> = {
  usage,
  run: async (world, args) => {
    const { values, positionals } = readArguments(args, options, usage);
    if (positionals.length > 0) throw new UsageError('tasks list takes options only.', usage);
    const [status, limit] = [readStatus(values.status), readLimit(values.limit)];
    const asked = { ...(await readSpan(world, values, usage)), status, model: values.model };
    const tasks = await findAll(world, asked, limit);
    if (values.json) return print(`${JSON.stringify(tasks.map(toItem), undefined, 2)}\n`);
    print(table([head, ...tasks.map(toRow)]));
  },
};
