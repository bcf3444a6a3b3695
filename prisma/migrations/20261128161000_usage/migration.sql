-- What ended tasks came to, one row each, until it is counted into usage_days.
CREATE TABLE "usage_entries" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "owner_id" UUID NOT NULL,
    "key_id" UUID NOT NULL,
    "model" TEXT NOT NULL,
    "is_failed" BOOLEAN NOT NULL,
    "cost" DECIMAL(12,6) NOT NULL,
    "megapixels" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "usage_entries_pkey" PRIMARY KEY ("id")
);

-- The use of a model by a key on one day. It outlives the tasks.
CREATE TABLE "usage_days" (
    "day" DATE NOT NULL,
    "key_id" UUID NOT NULL,
    "model" TEXT NOT NULL,
    "owner_id" UUID NOT NULL,
    "tasks" INTEGER NOT NULL,
    "failed" INTEGER NOT NULL,
    "cost" DECIMAL(18,6) NOT NULL,
    "megapixels" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "usage_days_pkey" PRIMARY KEY ("day","key_id","model")
);

CREATE INDEX "usage_entries_key_id_at_idx" ON "usage_entries"("key_id", "at");

CREATE INDEX "usage_days_key_id_day_idx" ON "usage_days"("key_id", "day");
