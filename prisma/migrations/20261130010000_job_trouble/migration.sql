-- AlterTable
ALTER TABLE "jobs" ADD COLUMN     "trouble" JSONB;
