-- An update that changes no indexed column stays within its page and writes no index entries. So no index names state
-- any more, also not in its condition: finished_at tells as well whether a task has ended. Pages keep room for a version.
-- Statistics tell how few tasks are in flight, so they must be fresher than an old table's would be.
ALTER TABLE "tasks" SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.005);

CREATE INDEX "tasks_line_device" ON "tasks"("model", "owner_id", "is_sync", "priority" DESC, "deadline_at", "id") WHERE (finished_at IS NULL AND fed_at IS NULL AND wait_until IS NULL AND stage = 'device');
CREATE INDEX "tasks_line_remote" ON "tasks"("stage", "owner_id", "remote_host", "is_sync" DESC, "priority" DESC, "deadline_at", "id") WHERE (finished_at IS NULL AND fed_at IS NULL AND wait_until IS NULL AND stage <> 'device');
CREATE INDEX "tasks_pausing" ON "tasks"("wait_until") WHERE (finished_at IS NULL AND wait_until IS NOT NULL);
CREATE INDEX "tasks_with_job" ON "tasks"("stage", "model") WHERE (finished_at IS NULL AND fed_at IS NOT NULL);
CREATE INDEX "tasks_in_flight" ON "tasks"("owner_id") WHERE (finished_at IS NULL);
CREATE INDEX "tasks_with_deadline" ON "tasks"("deadline_at") WHERE (finished_at IS NULL AND deadline_at IS NOT NULL);
CREATE INDEX "tasks_cancelling" ON "tasks"("cancel_requested_at") WHERE (finished_at IS NULL AND cancel_requested_at IS NOT NULL);

-- Ended tasks by age: those of the last minute, and those to delete.
CREATE INDEX "tasks_ended" ON "tasks"("finished_at", "model") WHERE (finished_at IS NOT NULL);
CREATE INDEX "tasks_suspect" ON "tasks"("id") WHERE (stalls > 0);
