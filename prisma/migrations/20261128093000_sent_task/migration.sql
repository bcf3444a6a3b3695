-- The task as sent, sealed, so that getTaskDetails can give it back.
ALTER TABLE "tasks" ADD COLUMN "sent_task" TEXT;
