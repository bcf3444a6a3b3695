-- contract: since 0.1.0
-- Indexes change no answer. The partial ones replace them.
DROP INDEX "images_deleted_at_expires_at_idx";
DROP INDEX "images_deleted_at_last_used_at_idx";
