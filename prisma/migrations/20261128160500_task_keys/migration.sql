-- Which key sent a task, and what it may cost at most until it has ended.
ALTER TABLE "tasks" ADD COLUMN "key_id" UUID,
ADD COLUMN "estimate" DECIMAL(12,6);
