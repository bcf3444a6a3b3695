-- Tasks wait in this table. A feeder gives the queue a few of them at a time, fairly between owners.

-- What the task waits for, or is in: the fetch of its image, the device, or the upload of its result.
CREATE TYPE "TaskStage" AS ENUM ('fetch', 'device', 'upload');

ALTER TABLE "tasks"
  ADD COLUMN "stage" "TaskStage" NOT NULL DEFAULT 'device',
  -- Host and port of the address that the stage fetches from or uploads to.
  ADD COLUMN "remote_host" TEXT,
  -- Whether a caller waits for the answer.
  ADD COLUMN "is_sync" BOOLEAN NOT NULL DEFAULT false,
  -- -1 low, 0 normal, 1 high: the order among the owner's own tasks.
  ADD COLUMN "priority" SMALLINT NOT NULL DEFAULT 0,
  -- When its result is of no use any more.
  ADD COLUMN "deadline_at" TIMESTAMPTZ(3),
  -- When its job was put into the queue. Null while it waits here.
  ADD COLUMN "fed_at" TIMESTAMPTZ(3);

-- Tasks that wait for the device, in the order in which an owner's own tasks are chosen.
CREATE INDEX "tasks_waiting_device" ON "tasks" ("model", "owner_id", "is_sync", "priority" DESC, "deadline_at", "id")
  WHERE "state" = 'queued' AND "fed_at" IS NULL AND "stage" = 'device';
-- Tasks that wait for a fetch or an upload.
CREATE INDEX "tasks_waiting_remote" ON "tasks" ("stage", "owner_id", "remote_host", "is_sync" DESC, "priority" DESC, "deadline_at", "id")
  WHERE "state" = 'queued' AND "fed_at" IS NULL AND "stage" <> 'device';
-- Tasks that have a job.
CREATE INDEX "tasks_fed" ON "tasks" ("stage", "model")
  WHERE "state" IN ('queued', 'running') AND "fed_at" IS NOT NULL;
CREATE INDEX "tasks_unchecked" ON "tasks" (coalesce("checked_at", "created_at"))
  WHERE "state" IN ('queued', 'running') AND "fed_at" IS NOT NULL;
-- Tasks that have not ended, for the counts of each model.
CREATE INDEX "tasks_unfinished" ON "tasks" ("model", "state", "created_at")
  WHERE "state" IN ('queued', 'running');
DROP INDEX "tasks_state_checked_at_idx";

-- Where each owner stands in the line for a model. The next task comes from the owner with the lowest turn.
CREATE TABLE "turns" (
    "model" TEXT NOT NULL,
    "owner_id" UUID NOT NULL,
    "turn" DOUBLE PRECISION NOT NULL,
    -- Tasks with a waiting caller that were chosen since the last one without.
    "sync_run" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "turns_pkey" PRIMARY KEY ("model", "owner_id"),
    CONSTRAINT "turns_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "owners"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- Tasks that the worker has in hand at once.
ALTER TABLE "workers" ADD COLUMN "slots" INTEGER NOT NULL DEFAULT 2;
