-- Why a task failed, so that the status page need not count tasks.
ALTER TABLE "usage_entries" ADD COLUMN "code" TEXT;

CREATE TABLE "outcome_hours" (
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "model" TEXT NOT NULL,
    "is_failed" BOOLEAN NOT NULL,
    "code" TEXT NOT NULL,
    "tasks" INTEGER NOT NULL,

    CONSTRAINT "outcome_hours_pkey" PRIMARY KEY ("hour","model","is_failed","code")
);
