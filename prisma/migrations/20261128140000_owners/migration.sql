-- Who tasks and images belong to. An owner may have several keys; until now each key was its own owner.
CREATE TABLE "owners" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "share" DOUBLE PRECISION NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "owners_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "owners_share_check" CHECK ("share" > 0)
);
CREATE UNIQUE INDEX "owners_name_key" ON "owners"("name");
INSERT INTO "owners" ("id", "name", "created_at") SELECT "id", "name", "created_at" FROM "api_keys";

ALTER TABLE "api_keys" ADD COLUMN "owner_id" UUID;
UPDATE "api_keys" SET "owner_id" = "id";
ALTER TABLE "api_keys" ALTER COLUMN "owner_id" SET NOT NULL;
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "owners"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE INDEX "api_keys_owner_id_idx" ON "api_keys"("owner_id");

-- NOT VALID first, so that the tables are locked for a moment only.
ALTER TABLE "tasks" DROP CONSTRAINT "tasks_owner_id_fkey";
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "owners"("id") ON DELETE RESTRICT ON UPDATE CASCADE NOT VALID;
ALTER TABLE "images" DROP CONSTRAINT "images_owner_id_fkey";
ALTER TABLE "images" ADD CONSTRAINT "images_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "owners"("id") ON DELETE RESTRICT ON UPDATE CASCADE NOT VALID;
ALTER TABLE "sessions" DROP CONSTRAINT "sessions_owner_id_fkey";
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "owners"("id") ON DELETE RESTRICT ON UPDATE CASCADE NOT VALID;
ALTER TABLE "tasks" VALIDATE CONSTRAINT "tasks_owner_id_fkey";
ALTER TABLE "images" VALIDATE CONSTRAINT "images_owner_id_fkey";
ALTER TABLE "sessions" VALIDATE CONSTRAINT "sessions_owner_id_fkey";
