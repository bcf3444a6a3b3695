-- What signs the webhooks of an owner, sealed. The former one signs too until its time is over.
CREATE TABLE "webhook_secrets" (
    "owner_id" UUID NOT NULL,
    "secret" TEXT NOT NULL,
    "previous" TEXT,
    "previous_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_secrets_pkey" PRIMARY KEY ("owner_id")
);

ALTER TABLE "webhook_secrets" ADD CONSTRAINT "webhook_secrets_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "api_keys"("id") ON DELETE CASCADE ON UPDATE CASCADE;
