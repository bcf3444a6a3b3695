-- The span that accepted a task, so that its trace goes on in the worker and the dispatcher.
ALTER TABLE "tasks" ADD COLUMN "trace_parent" TEXT;
