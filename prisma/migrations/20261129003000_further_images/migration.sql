-- The images of a task besides the one that is cut out, with sealed addresses. Dropped when the task ends.
ALTER TABLE "tasks" ADD COLUMN "further_images" JSONB;
