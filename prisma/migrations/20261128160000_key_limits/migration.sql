-- Several keys of one owner, what each may do and use, and rotation with an overlap. The column is not called owner_id,
-- because queries of programs that run already join this table to others that have one.
ALTER TABLE "api_keys" ADD COLUMN "owned_by" UUID REFERENCES "api_keys"("id") ON DELETE SET NULL ON UPDATE CASCADE,
ADD COLUMN "scopes" TEXT[] DEFAULT ARRAY['run', 'read', 'upload', 'admin']::TEXT[],
ADD COLUMN "models" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN "rate_per_s" DOUBLE PRECISION,
ADD COLUMN "in_flight" INTEGER,
ADD COLUMN "budget_usd" DECIMAL(12,6),
ADD COLUMN "expires_at" TIMESTAMPTZ(3),
ADD COLUMN "previous_hash" TEXT,
ADD COLUMN "previous_until" TIMESTAMPTZ(3);

CREATE INDEX "api_keys_previous" ON "api_keys"("previous_hash") WHERE (previous_hash IS NOT NULL);
