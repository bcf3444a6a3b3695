-- Few deliveries have trouble, and few still have an address. Both are found without a look at the others.
CREATE INDEX "deliveries_troubled" ON "deliveries"("id") WHERE (state = 'failed' OR state = 'stopped' OR state = 'pending' AND attempts > 0);
CREATE INDEX "deliveries_with_url" ON "deliveries"("ended_at") WHERE (url IS NOT NULL);
