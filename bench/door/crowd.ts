import { isDatabaseOutage } from '#database';
import type { Service } from '../overhead/service.js';

/** Another key's tasks that wait: copies of one that was accepted, as their way in is not measured. */
export const fill = async ({ database }: Service, template: string, count: number): Promise<void> => {
  await database.$executeRaw`
    INSERT INTO api_keys (id, name, prefix, hash) VALUES (gen_random_uuid(), 'crowd', 'crowd', 'crowd')
        ON CONFLICT DO NOTHING`;
  await database.$executeRaw`
    INSERT INTO tasks (id, owner_id, task_uuid, task_type, task_uuid_sent, model, request, payload_hash,
                       input_image_id, output_image_id)
    SELECT gen_random_uuid(), api_keys.id, gen_random_uuid(), task_type, 'crowd', model, request, 'crowd',
           input_image_id, gen_random_uuid()
      FROM api_keys, tasks, generate_series(1, greatest(0, ${count}::int - (SELECT count(*)::int FROM tasks
           WHERE state = 'queued' AND payload_hash = 'crowd')))
     WHERE name = 'crowd' AND task_uuid = ${template}::uuid`;
  await database.$executeRaw`ANALYZE tasks`;
};

export const MODEL = 'runware:109@1';
export const ELSEWHERE = 'acme:1@1';

const MAX_MOVES = 5;

/** Keeps the crowd from the device while something else is measured. What the move itself leaves behind is cleared. */
export const moveCrowd = async ({ database }: Service, from: string, to: string): Promise<void> => {
  const move = () => database.$executeRaw`
    UPDATE tasks SET model = ${to} WHERE model = ${from} AND payload_hash = 'crowd' AND state = 'queued' AND fed_at IS NULL`;
  for (let tries = 1; ; tries++) {
    try {
      await move();
      break;
    } catch (error) {
      // A feeder was at the same rows, and Postgres ended one of the two.
      if (tries === MAX_MOVES || !isDatabaseOutage(error)) throw error;
    }
  }
  await database.$executeRaw`VACUUM (ANALYZE) tasks`;
};
