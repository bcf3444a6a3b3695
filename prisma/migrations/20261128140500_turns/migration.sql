-- Where each owner stands in the line for a model. The next task comes from the owner with the lowest turn.
CREATE TABLE "turns" (
    "model" TEXT NOT NULL,
    "owner_id" UUID NOT NULL,
    "turn" DOUBLE PRECISION NOT NULL,
    "sync_run" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "turns_pkey" PRIMARY KEY ("model","owner_id")
);

ALTER TABLE "turns" ADD CONSTRAINT "turns_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "api_keys"("id") ON DELETE CASCADE ON UPDATE CASCADE;
