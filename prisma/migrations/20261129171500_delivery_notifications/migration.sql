-- Dispatchers hear of new webhooks only, not of every task that ends. One transaction tells once, since all its texts are the same.
CREATE FUNCTION notify_delivery_added() RETURNS trigger AS $$
BEGIN
    PERFORM pg_notify('delivery_added', 'new');
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER delivery_added
    AFTER INSERT ON "deliveries"
    FOR EACH ROW
    EXECUTE FUNCTION notify_delivery_added();
