-- What workers say of themselves: where they run, and which files. Rows are rewritten by the next heartbeat.
ALTER TABLE "workers" ADD COLUMN "requested_device" TEXT NOT NULL DEFAULT 'auto',
ADD COLUMN "device" TEXT NOT NULL DEFAULT 'cpu',
ADD COLUMN "fallback" TEXT,
ADD COLUMN "served" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN "installed" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- Where and by which file a task was run.
ALTER TABLE "tasks" ADD COLUMN "provider" TEXT,
ADD COLUMN "device" TEXT,
ADD COLUMN "weights_sha256" TEXT;

-- CreateTable
CREATE TABLE "served_models" (
    "air" TEXT NOT NULL,
    "last_served_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "served_models_pkey" PRIMARY KEY ("air")
);

-- A service that is upgraded goes on taking tasks for what it served so far.
INSERT INTO "served_models" ("air", "last_served_at")
SELECT "model", max("created_at") FROM "tasks" WHERE "model" IS NOT NULL AND "state" = 'succeeded' GROUP BY "model";
