-- When metadata were removed from the stored bytes of an original.
ALTER TABLE "images" ADD COLUMN "cleaned_at" TIMESTAMPTZ(3);
