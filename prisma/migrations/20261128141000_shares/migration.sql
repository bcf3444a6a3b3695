-- The part of each model's work that a key gets beside others, against 1.
ALTER TABLE "api_keys" ADD COLUMN "share" DOUBLE PRECISION NOT NULL DEFAULT 1;
