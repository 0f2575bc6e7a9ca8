-- The version of all that decides, beside the row that a token speaks for, which tokens are refused: disabled clients and
-- retired keys. A node that remembers them compares the version in the statement that accepts a token.
CREATE TABLE access_change (id BIGINT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (id));
INSERT INTO access_change (id, version) VALUES (1, 0);
ALTER TABLE token_key ADD COLUMN retired_at BIGINT;
ALTER TABLE client ADD COLUMN state TEXT NOT NULL DEFAULT 'enabled';
-- How often a client's tokens were ended; codes and tokens name the generation they belong to.
ALTER TABLE client ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;
ALTER TABLE client ADD COLUMN former_secret_hash BYTEA;
CREATE INDEX client_restricted ON client (generation) WHERE generation > 0;
ALTER TABLE code ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;
ALTER TABLE code ADD COLUMN customer_generation BIGINT NOT NULL DEFAULT 0;
-- Since when a customer is blocked, and how often that ended what they were signed in to.
ALTER TABLE customer ADD COLUMN blocked_at BIGINT;
ALTER TABLE customer ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;
-- Since when a device's owner is blocked.
ALTER TABLE device ADD COLUMN suspended_at BIGINT;
-- What a node knows of devices in good standing holds as long as neither they nor the tokens that are refused changed.
DROP TRIGGER device_changed ON device;
CREATE CONSTRAINT TRIGGER device_changed AFTER UPDATE OF shard, id, model, deregistered_at, revoked, suspended_at ON device
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.shard, OLD.id, OLD.model, OLD.deregistered_at, OLD.revoked, OLD.suspended_at)
  IS DISTINCT FROM (NEW.shard, NEW.id, NEW.model, NEW.deregistered_at, NEW.revoked, NEW.suspended_at))
  EXECUTE FUNCTION device_changed();
CREATE CONSTRAINT TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON access_change
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION device_changed();
