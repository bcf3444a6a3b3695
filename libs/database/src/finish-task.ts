import {
  columnsOfSuccess,
  expiryOf,
  othersWait,
  type Claim,
  type StageWritten,
  type Success,
} from './claims.js';
import type { Database } from './client.js';
import { databaseNow } from './clock.js';
import { columnOf, hotRows, namesOf } from './hot-query.js';
import type { NewImage } from './images.js';
import { Prisma } from './generated/client.js';
import { usageOf } from './usage.js';

/** Columns of a task that its success sets. */
const settingsOf = (success: Success): Prisma.Sql => {
  const { finish, ...columns } = { ...columnsOfSuccess(success), finish: success.finish };
  const json = finish && {
    warnings: JSON.stringify(finish.warnings),
    composition: finish.composition && JSON.stringify(finish.composition),
  };
  const set = Object.entries({ ...columns, ...json }).filter(([, value]) => value !== undefined);
  return Prisma.join(set.map(([field, value]) => Prisma.sql`${Prisma.raw(columnOf(field))} = ${value}`));
};

const imageFields = ['id', 'ownerId', 'storageKey', 'contentType', 'bytes', 'width', 'height'] as const;
const imageNames = namesOf([...imageFields, 'expiresAt', 'lastUsedAt']);
const imageChanges = Prisma.raw(
  [...imageFields.slice(1), 'expiresAt', 'lastUsedAt']
    .map((field) => `${columnOf(field)} = excluded.${columnOf(field)}`)
    .join(', '),
);

/** The insert of a result's row. A repeated attempt of the same task replaces it. */
const imageOf = (image: NewImage, now: Date): Prisma.Sql => Prisma.sql`
  INSERT INTO images (${imageNames})
  SELECT ${image.id}::uuid, ${image.ownerId}::uuid, ${image.storageKey}, ${image.contentType}, ${image.bytes}::int,
         ${image.width}::int, ${image.height}::int, ${image.expiresAt ?? null}::timestamptz, ${now}::timestamptz
    FROM ended
      ON CONFLICT (id) DO UPDATE SET ${imageChanges}, deleted_at = NULL, cleaned_at = NULL`;

/**
 * Ends a task with its result, drops its sealed URLs, and creates its webhook delivery and the entry of its use. One
 * statement, since its caller waits for it. The delivery has the id of the task's row, so that a task which runs again after
 * a restore tells its receiver under the same webhook-id.
 */
export const finishTask = async (
  database: Database,
  claim: Claim,
  success: Success,
): Promise<StageWritten> => {
  const now = await databaseNow(database);
  const { id, attempt, workerId, stage, webhookUrl, webhookHost } = claim;
  const image = { ...success.image, ...expiryOf(claim, now) };
  const pixels = Prisma.sql`${image.width * image.height}::float8`;
  const [row] = await hotRows(
    database,
    Prisma.sql`
    WITH ended AS (
      UPDATE tasks SET state = 'succeeded', finished_at = ${now}, input_url = NULL, further_images = NULL, upload_url = NULL,
                       webhook_url = NULL,
                       ${settingsOf(success)}
       WHERE id = ${id}::uuid AND attempt = ${attempt} AND worker_id IS NOT DISTINCT FROM ${workerId}::uuid
         AND stage = ${stage}::"TaskStage" AND state = 'running' AND cancel_requested_at IS NULL
   RETURNING *
    ), stored AS (${imageOf(image, now)}
    ), told AS (
      INSERT INTO deliveries (id, task_id, host, url, next_attempt_at)
      SELECT ended.id, ended.id, ${webhookHost ?? ''}, ${webhookUrl}::text, ${now}::timestamptz
        FROM ended WHERE ${webhookUrl}::text IS NOT NULL
    ), used AS (${usageOf('ended', pixels)} FROM ended)
    SELECT ${othersWait.forDevice(Prisma.sql`ended.model`)} FROM ended`,
  );
  return { kept: row !== undefined, mayFeed: row?.[0] !== false };
};
