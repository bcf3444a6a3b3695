-- Tasks wait in this table. A feeder gives the queue a few of them at a time, fairly between owners.

-- What a task waits for, or is in: the fetch of its image, the device, or the upload of its result.
CREATE TYPE "TaskStage" AS ENUM ('fetch', 'device', 'upload');

ALTER TABLE "tasks" ADD COLUMN "stage" "TaskStage" NOT NULL DEFAULT 'device',
ADD COLUMN "remote_host" TEXT,
ADD COLUMN "is_sync" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN "priority" SMALLINT NOT NULL DEFAULT 0,
ADD COLUMN "deadline_at" TIMESTAMPTZ(3),
ADD COLUMN "fed_at" TIMESTAMPTZ(3),
ADD COLUMN "wait_until" TIMESTAMPTZ(3),
ADD COLUMN "waits" INTEGER NOT NULL DEFAULT 0;

-- Tasks that wait for the device, in the order in which an owner's own tasks are chosen.
CREATE INDEX "tasks_waiting_device" ON "tasks"("model", "owner_id", "is_sync", "priority" DESC, "deadline_at", "id") WHERE (state = 'queued' AND fed_at IS NULL AND wait_until IS NULL AND stage = 'device');

-- Tasks that wait for a fetch or an upload.
CREATE INDEX "tasks_waiting_remote" ON "tasks"("stage", "owner_id", "remote_host", "is_sync" DESC, "priority" DESC, "deadline_at", "id") WHERE (state = 'queued' AND fed_at IS NULL AND wait_until IS NULL AND stage <> 'device');

-- Tasks that wait out a trouble of ours.
CREATE INDEX "tasks_paused" ON "tasks"("wait_until") WHERE (state = 'queued' AND wait_until IS NOT NULL);

-- Tasks that have a job.
CREATE INDEX "tasks_fed" ON "tasks"("stage", "model") WHERE (state IN ('queued', 'running') AND fed_at IS NOT NULL);
CREATE INDEX "tasks_unchecked" ON "tasks"("checked_at") WHERE (state IN ('queued', 'running') AND fed_at IS NOT NULL);

-- Tasks that have not ended, for the counts of each model.
CREATE INDEX "tasks_unfinished" ON "tasks"("model", "state", "created_at") WHERE (state IN ('queued', 'running'));
