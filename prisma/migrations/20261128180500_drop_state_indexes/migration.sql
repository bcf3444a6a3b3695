-- contract: since 0.1.0
-- Indexes change no answer. While programs of the release before still run, some of their queries read all rows.
DROP INDEX "tasks_state_checked_at_idx";
DROP INDEX "tasks_owner_id_state_idx";
DROP INDEX "tasks_waiting_device";
DROP INDEX "tasks_waiting_remote";
DROP INDEX "tasks_paused";
DROP INDEX "tasks_fed";
DROP INDEX "tasks_unchecked";
DROP INDEX "tasks_unfinished";
DROP INDEX "tasks_deadlines";
DROP INDEX "tasks_to_cancel";
DROP INDEX "tasks_ends";
