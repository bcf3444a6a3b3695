-- CreateEnum
CREATE TYPE "JobItemState" AS ENUM ('waiting', 'taken', 'succeeded', 'failed', 'cancelled');

-- CreateTable
CREATE TABLE "jobs" (
    "id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "key_id" UUID NOT NULL,
    "job_uuid" UUID NOT NULL,
    "payload_hash" TEXT NOT NULL,
    "options" TEXT NOT NULL,
    "webhook_url" TEXT,
    "webhook_host" TEXT,
    "total" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "look_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "cancel_requested_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "jobs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "job_items" (
    "job_id" UUID NOT NULL,
    "place" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "task_uuid" UUID NOT NULL,
    "task_id" UUID,
    "state" "JobItemState" NOT NULL DEFAULT 'waiting',
    "problem" JSONB,
    "cost" DECIMAL(12,6),

    CONSTRAINT "job_items_pkey" PRIMARY KEY ("job_id","place")
);

-- CreateIndex
CREATE UNIQUE INDEX "jobs_owner_id_job_uuid_key" ON "jobs"("owner_id", "job_uuid");

-- CreateIndex
CREATE INDEX "jobs_open" ON "jobs"("look_at") WHERE (finished_at IS NULL);

-- CreateIndex
CREATE INDEX "jobs_of_owner" ON "jobs"("owner_id", "id" DESC);

-- CreateIndex
CREATE INDEX "jobs_ended" ON "jobs"("finished_at") WHERE (finished_at IS NOT NULL);

-- CreateIndex
CREATE INDEX "job_items_by_state" ON "job_items"("job_id", "state", "place");

-- AddForeignKey
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "api_keys"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job_items" ADD CONSTRAINT "job_items_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE CASCADE ON UPDATE CASCADE;
