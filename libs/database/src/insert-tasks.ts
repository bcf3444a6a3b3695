import type { Database } from './client.js';
import { databaseNow, newId } from './clock.js';
import { columnsOf, hotRows, namesOf, taskFields, toTask } from './hot-query.js';
import type { NewImage } from './images.js';
import { Prisma, type Task as TaskRow } from './generated/client.js';
import type { NewTask } from './tasks.js';

/** A task to insert, and the images that came with it. */
export type TaskInsert = {
  readonly task: NewTask;
  readonly revision: number;
  readonly images?: readonly NewImage[] | undefined;
};

/** The columns that a new task sets, and their types. The others have their defaults. */
const newTaskTypes = {
  id: 'uuid',
  ownerId: 'uuid',
  keyId: 'uuid',
  estimate: 'numeric',
  taskUuid: 'uuid',
  revision: 'int',
  taskType: 'text',
  taskUuidSent: 'text',
  model: 'text',
  request: 'jsonb',
  sentTask: 'text',
  payloadHash: 'text',
  state: '"TaskState"',
  stage: '"TaskStage"',
  remoteHost: 'text',
  isSync: 'boolean',
  priority: 'smallint',
  deadlineAt: 'timestamptz',
  cancelOnDisconnect: 'boolean',
  inputImageId: 'uuid',
  outputImageId: 'uuid',
  inputUrl: 'text',
  furtherImages: 'jsonb',
  uploadUrl: 'text',
  webhookUrl: 'text',
  webhookHost: 'text',
  ttlS: 'int',
  traceParent: 'text',
  startedAt: 'timestamptz',
  finishedAt: 'timestamptz',
} as const satisfies Partial<Record<keyof TaskRow, string>>;

const newImageTypes = {
  id: 'uuid',
  ownerId: 'uuid',
  storageKey: 'text',
  contentType: 'text',
  bytes: 'int',
  width: 'int',
  height: 'int',
  expiresAt: 'timestamptz',
} as const satisfies Record<keyof NewImage, string>;

type Inserted = Partial<Record<keyof typeof newTaskTypes, unknown>>;

const rowOf = ({ task, revision }: TaskInsert, now: Date): Inserted => {
  const { deadlineS, ...columns } = task;
  return {
    id: newId(now),
    state: 'queued',
    stage: 'device',
    isSync: false,
    priority: 0,
    cancelOnDisconnect: false,
    ...columns,
    ...(deadlineS !== undefined && { deadlineAt: new Date(now.getTime() + deadlineS * 1000) }),
    ...(task.state && { startedAt: now, finishedAt: now }),
    taskUuid: task.taskUuidSent.toLowerCase(),
    revision,
  };
};

type Types = Readonly<Record<string, string>>;
const fieldsOf = (types: Types) =>
  Prisma.raw(
    Object.keys(types)
      .map((field) => `sent."${field}"`)
      .join(', '),
  );
const typesOf = (types: Types) =>
  Prisma.raw(
    Object.entries(types)
      .map(([field, type]) => `"${field}" ${type}`)
      .join(', '),
  );

const [taskColumns, imageColumns] = [namesOf(Object.keys(newTaskTypes)), namesOf(Object.keys(newImageTypes))];

/** Both lists are one value each, so that the statement stays the same. */
const insertSql = (tasks: readonly Inserted[], images: readonly object[]) => Prisma.sql`
  WITH task AS (
    INSERT INTO tasks (${taskColumns})
    SELECT ${fieldsOf(newTaskTypes)} FROM json_to_recordset(${JSON.stringify(tasks)}::json) AS sent (${typesOf(newTaskTypes)})
        ON CONFLICT DO NOTHING
 RETURNING *
  ), image AS (
    INSERT INTO images (${imageColumns})
    SELECT ${fieldsOf(newImageTypes)}
      FROM json_to_recordset(${JSON.stringify(images)}::json) AS sent (${typesOf(newImageTypes)}, "taskId" uuid)
      JOIN task ON task.id = sent."taskId"
  )
  SELECT ${columnsOf('task', taskFields)} FROM task`;

/**
 * Stores tasks and the images that came with them in one statement.
 * @returns the row of each, in their order; undefined where another request took the revision first: call findStanding again
 */
export const insertTasks = async (
  database: Database,
  inserts: readonly TaskInsert[],
): Promise<(TaskRow | undefined)[]> => {
  const now = await databaseNow(database);
  const tasks = inserts.map((insert) => rowOf(insert, now));
  const images = inserts.flatMap(({ images: sent = [] }, i) =>
    sent.map((image) => ({ ...image, taskId: tasks[i]?.id })),
  );
  const rows = (await hotRows(database, insertSql(tasks, images))).map(toTask);
  const byId = new Map<unknown, TaskRow>(rows.map((row) => [row.id, row]));
  return tasks.map(({ id }) => byId.get(id));
};

/** Stores one task: see `insertTasks`. */
export const insertTask = async (
  database: Database,
  task: NewTask,
  revision: number,
  image?: NewImage,
): Promise<TaskRow | undefined> =>
  (await insertTasks(database, [{ task, revision, images: image ? [image] : [] }]))[0];
