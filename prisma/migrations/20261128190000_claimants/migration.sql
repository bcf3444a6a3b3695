-- Which worker holds a task, so that those of a dead one are handed back soon, and how a task is suspected of killing workers.
ALTER TABLE "tasks" ADD COLUMN "worker_id" UUID,
ADD COLUMN "claimed_attempt" INTEGER,
ADD COLUMN "runs_alone" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN "poisoned_at" TIMESTAMPTZ(3);

-- Tasks that ended their worker while they ran alone.
CREATE INDEX "tasks_poisoned" ON "tasks"("poisoned_at") WHERE (poisoned_at IS NOT NULL);

-- Worker processes that may hold tasks.
CREATE TABLE "claimants" (
    "worker_id" UUID NOT NULL,
    "alive_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "claimants_pkey" PRIMARY KEY ("worker_id")
);
