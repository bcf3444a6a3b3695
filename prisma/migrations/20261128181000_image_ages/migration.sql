-- Images to delete, those with a ttl and those that are unused, and rows of images that were deleted.
CREATE INDEX "images_expiring" ON "images"("expires_at") WHERE (deleted_at IS NULL AND expires_at IS NOT NULL);
CREATE INDEX "images_unused" ON "images"("last_used_at") WHERE (deleted_at IS NULL AND expires_at IS NULL);
CREATE INDEX "images_deleted" ON "images"("deleted_at") WHERE (deleted_at IS NOT NULL);
