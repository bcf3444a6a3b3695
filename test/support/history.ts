import type pg from 'pg';

const OWNERS = 20;
/** Younger than RECORD_RETENTION_D, so that nothing of it is deleted. */
const DAYS = 29;

type History = {
  /** Tasks, each with two images; every second has a delivery. */
  readonly rows: number;
  /** Rows that were written before, whose numbers are left out. */
  readonly from?: number;
};

export type WrittenHistory = {
  readonly ownerId: string;
  /** A task of that owner that succeeded lately. */
  readonly taskUuid: string;
  readonly taskId: string;
  readonly imageId: string;
};

/** Ids of the i-th row: UUIDs like those of the service, which begin with the time. */
const idOf = (salt: string, at: string) =>
  `(lpad(to_hex((extract(epoch FROM ${at}) * 1000)::bigint), 12, '0') || '7' || substr(md5('${salt}' || i), 1, 3)
    || '8' || substr(md5('${salt}' || i), 4, 15))::uuid`;
const ownerOf = `md5('owner' || i % ${OWNERS})::uuid`;
const randomOf = (salt: string) => `md5('${salt}' || i)::uuid`;

const writeOwners = (client: pg.Client) =>
  client.query(`
    INSERT INTO api_keys (id, name, prefix, hash)
    SELECT ${ownerOf}, 'owner ' || i, 'cc_', 'hash ' || i FROM generate_series(0, ${OWNERS - 1}) AS i
        ON CONFLICT DO NOTHING`);

/**
 * Writes a history of ended tasks by SQL, evenly over the last 29 days. Of 100 tasks 97 succeeded, and one lost a
 * worker; of 100 webhooks two failed or were stopped.
 */
export const writeHistory = async (
  client: pg.Client,
  { rows, from = 0 }: History,
): Promise<WrittenHistory> => {
  await writeOwners(client);
  const { rows: times } = await client.query<{ now: string }>('SELECT now()::text AS now');
  // Multiples of the golden ratio spread rows evenly, however many there are.
  const at = `'${times[0]!.now}'::timestamptz - interval '1 hour' - (i * 0.6180339887498949 % 1) * interval '${DAYS} days'`;
  const numbers = `generate_series(${from}, ${rows - 1}) AS i`;
  await client.query(`
    INSERT INTO tasks (id, owner_id, key_id, task_uuid, task_uuid_sent, task_type, model, request, sent_task, payload_hash,
                       state, attempt, stalls, input_image_id, output_image_id, cost, problem, fed_at, created_at, checked_at,
                       started_at, finished_at)
    SELECT ${idOf('task', 'at')}, owner, owner, uuid, uuid::text, 'removeBackground', 'runware:' || 109 + i % 4 || '@1',
           jsonb_build_object('outputType', 'URL', 'outputFormat', 'PNG', 'includeCost', false, 'padding', repeat('x', 200)),
           repeat(md5(i::text), 12), repeat(md5(i::text), 2),
           CASE WHEN is_failed THEN 'failed' ELSE 'succeeded' END::"TaskState", 1, (i % 100 = 7)::int, ${randomOf('input')}, ${randomOf('output')}, 0.0006,
           CASE WHEN is_failed THEN '{"code":"downloadFailed","message":"It failed.","details":{}}'::jsonb END, at, at, at,
           at + interval '1 second', at + interval '2 seconds'
      FROM (SELECT i, ${at} AS at, ${ownerOf} AS owner, ${randomOf('uuid')} AS uuid, i % 100 < 3 AS is_failed
              FROM ${numbers}) AS history`);
  await client.query(`
    INSERT INTO images (id, owner_id, storage_key, content_type, bytes, width, height, created_at, last_used_at, expires_at, deleted_at)
    SELECT id, ${ownerOf}, kind || 's/' || substr(id::text, 1, 2) || '/' || id || '.png', 'image/png', 1000000,
           1632, 1224, at, at, CASE WHEN i % 3 = 0 THEN at + interval '1 day' WHEN i % 3 = 1 THEN at + interval '90 days' END,
           CASE WHEN i % 3 = 0 AND at < now() - interval '1 day' THEN at + interval '1 day' END
      FROM (SELECT i, ${at} AS at, kind, md5(kind || i)::uuid AS id
              FROM ${numbers} CROSS JOIN unnest('{input,output}'::text[]) AS kind) AS history
     WHERE NOT (i % 3 = 0 AND at < now() - interval '23 hours' AND at > now() - interval '25 hours')`);
  await client.query(`
    INSERT INTO deliveries (id, task_id, host, state, attempts, next_attempt_at, created_at, ended_at)
    SELECT ${idOf('delivery', 'at')}, ${idOf('task', 'at')}, 'hooks' || i % 50 || '.example:443',
           CASE i % 100 WHEN 4 THEN 'failed' WHEN 6 THEN 'stopped' ELSE 'delivered' END::"DeliveryState", 1, at, at, at
      FROM (SELECT i, ${at} AS at FROM ${numbers}) AS history WHERE i % 2 = 0`);
  await client.query(`
    INSERT INTO delivery_attempts (id, delivery_id, at, ms, status)
    SELECT ${idOf('attempt', 'at')}, ${idOf('delivery', 'at')}, at, 20, 200
      FROM (SELECT i, ${at} AS at FROM ${numbers}) AS history WHERE i % 2 = 0`);
  await client.query('VACUUM (ANALYZE)');
  const found = await client.query<WrittenHistory>(
    `SELECT owner_id AS "ownerId", task_uuid AS "taskUuid", id AS "taskId", output_image_id AS "imageId" FROM tasks
      WHERE state = 'succeeded' ORDER BY id DESC LIMIT 1`,
  );
  return found.rows[0]!;
};
