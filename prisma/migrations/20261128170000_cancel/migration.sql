-- When the owner asked to cancel a task that ran, and whether its caller's leaving cancels it.
ALTER TABLE "tasks" ADD COLUMN "cancel_requested_at" TIMESTAMPTZ(3),
ADD COLUMN "cancel_on_disconnect" BOOLEAN NOT NULL DEFAULT false;

-- Tasks that nobody wants any more, found once a second.
CREATE INDEX "tasks_deadlines" ON "tasks"("deadline_at") WHERE (state = 'queued' AND deadline_at IS NOT NULL);
CREATE INDEX "tasks_to_cancel" ON "tasks"("cancel_requested_at") WHERE (state = 'queued' AND cancel_requested_at IS NOT NULL);

-- An owner's tasks, newest first. Ids count up with time.
CREATE INDEX "tasks_of_owner" ON "tasks"("owner_id", "id" DESC);

-- The rate at which a model's tasks end.
CREATE INDEX "tasks_ends" ON "tasks"("model", "finished_at") WHERE (finished_at IS NOT NULL AND started_at IS NOT NULL);
