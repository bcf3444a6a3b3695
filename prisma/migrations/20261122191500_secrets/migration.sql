-- AlterTable
ALTER TABLE "tasks" ADD COLUMN "input_url" TEXT,
ADD COLUMN "webhook_host" TEXT;

-- What is in flight goes on: these values are read as they are, since they are not sealed.
UPDATE "tasks" SET "input_url" = "request"->'source'->>'url'
 WHERE "state" IN ('queued', 'running') AND "request"->'source'->>'kind' = 'url';

UPDATE "tasks" SET "webhook_host" = substring("webhook_url" from '^[a-zA-Z]+://(?:[^/@]*@)?([^/?#]*)')
 WHERE "state" IN ('queued', 'running') AND "webhook_url" IS NOT NULL;

UPDATE "tasks" SET "request" = "request" - 'source';

-- CreateIndex
CREATE INDEX "tasks_owner_id_state_idx" ON "tasks"("owner_id", "state");
