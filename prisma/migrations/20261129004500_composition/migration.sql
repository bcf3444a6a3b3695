-- The canvas of a composition, and the subject's box on it and in the photo.
ALTER TABLE "tasks" ADD COLUMN "composition" JSONB;
