import type { Database } from './client.js';

/** The migrations that the programs need, oldest first: all of prisma/migrations, which few images carry. */
export const neededMigrations: readonly string[] = [
  '20261122160000_tasks',
  '20261122180000_wire',
  '20261122190000_sessions',
  '20261122191500_secrets',
  '20261122200000_models',
  '20261122203000_finishing',
  '20261122210000_trace',
  '20261128093000_sent_task',
  '20261128140000_task_stages',
  '20261128140500_turns',
  '20261128141000_shares',
  '20261128141500_slots',
  '20261128160000_key_limits',
  '20261128160500_task_keys',
  '20261128161000_usage',
  '20261128170000_cancel',
  '20261128180000_lean_indexes',
  '20261128180500_drop_state_indexes',
  '20261128181000_image_ages',
  '20261128181000_webhook_secrets',
  '20261128181500_drop_image_indexes',
  '20261128182000_clean_images',
  '20261128182000_troubled_deliveries',
  '20261128182500_outcome_hours',
  '20261128190000_claimants',
  '20261128200000_key_changes',
  '20261129003000_further_images',
  '20261129004500_composition',
  '20261129060000_jobs',
  '20261129090000_job_places',
  '20261129130000_backups',
  '20261129171500_delivery_notifications',
  '20261130010000_job_trouble',
];

class OldSchema extends Error {
  constructor(missing: readonly string[]) {
    const others = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
    super(`The database lacks the migration ${missing[0]}${others}: run \`clearcut migrate\` first.`);
  }
}

const missingMigrations = async (database: Database): Promise<string[]> => {
  const [history] = await database.$queryRaw<{ name: string | null }[]>`
    SELECT to_regclass('_prisma_migrations')::text AS name`;
  if (!history?.name) return [...neededMigrations];

  const applied = await database.$queryRaw<{ name: string }[]>`
    SELECT migration_name AS name FROM _prisma_migrations
     WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`;
  const names = new Set(applied.map(({ name }) => name));
  return neededMigrations.filter((name) => !names.has(name));
};

/**
 * Refuses a database that is older than the program. A newer one is fine. If the database is away, the
 * program starts and checks later.
 * @returns a check that rejects until the schema is known to fit, and asks no more from then on
 */
export const checkSchema = async (database: Database): Promise<() => Promise<void>> => {
  let fits = false;
  const check = async () => {
    const missing = await missingMigrations(database);
    if (missing.length > 0) throw new OldSchema(missing);
    fits = true;
  };
  await check().catch((error: unknown) => {
    if (error instanceof OldSchema) throw error;
  });
  return async () => {
    if (!fits) await check();
  };
};
