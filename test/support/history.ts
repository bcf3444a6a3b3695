import type pg from 'pg';

const OWNERS = 20;
/** Younger than RECORD_RETENTION_D and than the last use of images that expire, so that nothing is deleted. */
const DAYS = 29;

/** A task that succeeded lately. */
export type WrittenHistory = {
  readonly ownerId: string;
  readonly taskUuid: string;
  readonly taskId: string;
  readonly imageId: string;
};

/** UUIDs of the i-th row like those of the service, which begin with the time. */
const idOf = (table: string) =>
  `(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5('${table}' || i), 1, 3)
    || '8' || substr(md5('${table}' || i), 4, 15))::uuid`;
const randomOf = (kind: string) => `md5('${kind}' || i)::uuid`;
const ownerOf = `md5('owner' || i % ${OWNERS})::uuid`;

/** Multiples of the golden ratio spread rows evenly over time, however many there are. */
const historyOf = (rows: number, now: string) => `
  (SELECT i, '${now}'::timestamptz - interval '1 hour' - (i * 0.6180339887498949::float8 - floor(i * 0.6180339887498949::float8)) * interval '${DAYS} days' AS at
     FROM generate_series(0, ${rows - 1}) AS i) AS history`;

const owners = `
  INSERT INTO api_keys (id, name, prefix, hash)
  SELECT ${ownerOf}, 'owner ' || i, 'cc_', 'hash ' || i FROM generate_series(0, ${OWNERS - 1}) AS i`;

/** As many tasks of lost workers in every history, since the status page shows them. */
const suspects = 1_000;

const tasks = (history: string, rows: number) => `
  INSERT INTO tasks (id, owner_id, key_id, task_uuid, task_uuid_sent, task_type, model, request, sent_task, payload_hash,
                     state, problem, attempt, stalls, input_image_id, output_image_id, cost, fed_at, created_at, checked_at,
                     started_at, finished_at)
  SELECT ${idOf('task')}, ${ownerOf}, ${ownerOf}, ${randomOf('uuid')}, ${randomOf('uuid')}::text, 'removeBackground',
         'runware:' || 109 + i % 4 || '@1', jsonb_build_object('outputType', 'URL', 'settings', repeat('x', 200)),
         repeat(md5(i::text), 12), repeat(md5(i::text), 2),
         CASE WHEN i % 100 < 3 THEN 'failed' ELSE 'succeeded' END::"TaskState",
         CASE WHEN i % 100 < 3 THEN '{"code":"downloadFailed","message":"It failed.","details":{}}'::jsonb END,
         1, (i % ${Math.ceil(rows / suspects)} = 0)::int, ${randomOf('input')}, ${randomOf('output')}, 0.0006, at, at, at,
         at + interval '1 second', at + interval '2 seconds'
    FROM ${history}`;

/** A third is deleted after a day, a third has a long ttl, and a third none. None is due to be deleted. */
const images = (history: string) => `
  INSERT INTO images (id, owner_id, storage_key, content_type, bytes, width, height, created_at, last_used_at, expires_at, deleted_at)
  SELECT id, ${ownerOf}, kind || 's/' || substr(id::text, 1, 2) || '/' || id || '.png', 'image/png', 1000000, 1632, 1224,
         at, at, CASE i % 3 WHEN 0 THEN at + interval '1 day' WHEN 1 THEN at + interval '90 days' END,
         CASE WHEN i % 3 = 0 AND at < now() - interval '1 day' THEN at + interval '1 day' END
    FROM (SELECT i, at, kind, md5(kind || i)::uuid AS id
            FROM ${history} CROSS JOIN unnest('{input,output}'::text[]) AS kind) AS image
   WHERE i % 3 <> 0 OR at NOT BETWEEN now() - interval '25 hours' AND now() - interval '23 hours'`;

const deliveries = (history: string) => `
  INSERT INTO deliveries (id, task_id, host, state, attempts, next_attempt_at, created_at, ended_at)
  SELECT ${idOf('delivery')}, ${idOf('task')}, 'hooks' || i % 50 || '.example:443',
         CASE i % 100 WHEN 4 THEN 'failed' WHEN 6 THEN 'stopped' ELSE 'delivered' END::"DeliveryState", 1, at, at, at
    FROM ${history} WHERE i % 2 = 0`;

const attempts = (history: string) => `
  INSERT INTO delivery_attempts (id, delivery_id, at, ms, status)
  SELECT ${idOf('attempt')}, ${idOf('delivery')}, at, 20, 200 FROM ${history} WHERE i % 2 = 0`;

/**
 * Writes so many ended tasks by SQL, evenly over the last 29 days, each with two images and every second with a webhook.
 * Of 100 tasks three failed, and two webhooks failed or were stopped.
 */
export const writeHistory = async (client: pg.Client, rows: number): Promise<WrittenHistory> => {
  const times = await client.query<{ now: string }>('SELECT now()::text AS now');
  const history = historyOf(rows, times.rows[0]?.now ?? '');
  await client.query(owners);
  for (const insert of [tasks, images, deliveries, attempts]) await client.query(insert(history, rows));
  await client.query('VACUUM (ANALYZE)');
  const found = await client.query<WrittenHistory>(
    `SELECT owner_id AS "ownerId", task_uuid AS "taskUuid", id AS "taskId", output_image_id AS "imageId" FROM tasks
      WHERE state = 'succeeded' ORDER BY id DESC LIMIT 1`,
  );
  const [written] = found.rows;
  if (!written) throw new Error('the history has no task that succeeded');
  return written;
};
