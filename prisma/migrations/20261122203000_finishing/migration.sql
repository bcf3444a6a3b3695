-- What a result says besides its image, and what its matting took.
ALTER TABLE "tasks" ADD COLUMN "warnings" JSONB,
ADD COLUMN "unknown_pixels" INTEGER,
ADD COLUMN "matting_ms" DOUBLE PRECISION;
