-- Gateways remember keys for a moment. A change of what a key is or may do is told when its transaction commits.
CREATE FUNCTION notify_key_changed() RETURNS trigger AS $$
BEGIN
    PERFORM pg_notify('key_changed', OLD.id::text);
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER key_changed
    AFTER DELETE OR UPDATE OF "name", "hash", "previous_hash", "previous_until", "revoked_at", "expires_at", "owned_by",
        "scopes", "models", "rate_per_s", "in_flight", "budget_usd" ON "api_keys"
    FOR EACH ROW
    EXECUTE FUNCTION notify_key_changed();
