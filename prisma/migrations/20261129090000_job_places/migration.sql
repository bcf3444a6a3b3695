-- AlterTable
ALTER TABLE "jobs" ADD COLUMN     "listed_after" TEXT,
ADD COLUMN     "listed_at" TIMESTAMPTZ(3),
ADD COLUMN     "problem" JSONB,
ADD COLUMN     "source" JSONB,
ADD COLUMN     "target" JSONB;
