-- Which transaction was the last to end or revoke a device, or to take a slot away: what a node knows of devices in good
-- standing holds as long as it is the same. The database keeps it by itself, so that it is true whoever writes: a node of
-- another release, or somebody at a shell.
CREATE TABLE device_change (id BIGINT NOT NULL, last BIGINT NOT NULL, PRIMARY KEY (id));
INSERT INTO device_change (id, last) VALUES (1, 0);
CREATE FUNCTION device_changed() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  -- Once a transaction: its number is its own.
  UPDATE device_change SET last = txid_current() WHERE id = 1 AND last <> txid_current();
  RETURN NULL;
END $$;
-- With the commit and not before, so that two transactions that end devices wait for each other only then.
CREATE CONSTRAINT TRIGGER device_changed AFTER UPDATE OF shard, id, model, deregistered_at, revoked ON device
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((OLD.shard, OLD.id, OLD.model, OLD.deregistered_at, OLD.revoked)
  IS DISTINCT FROM (NEW.shard, NEW.id, NEW.model, NEW.deregistered_at, NEW.revoked)) EXECUTE FUNCTION device_changed();
CREATE CONSTRAINT TRIGGER device_removed AFTER DELETE ON device
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION device_changed();
CREATE CONSTRAINT TRIGGER slot_changed AFTER UPDATE OF model, id ON slot
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((OLD.model, OLD.id) IS DISTINCT FROM (NEW.model, NEW.id))
  EXECUTE FUNCTION device_changed();
CREATE CONSTRAINT TRIGGER slot_removed AFTER DELETE ON slot
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION device_changed();
CREATE TRIGGER device_truncated AFTER TRUNCATE ON device FOR EACH STATEMENT EXECUTE FUNCTION device_changed();
CREATE TRIGGER slot_truncated AFTER TRUNCATE ON slot FOR EACH STATEMENT EXECUTE FUNCTION device_changed();
