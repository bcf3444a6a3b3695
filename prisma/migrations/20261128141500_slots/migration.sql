-- Tasks that a worker has in hand at once.
ALTER TABLE "workers" ADD COLUMN "slots" INTEGER NOT NULL DEFAULT 2;
