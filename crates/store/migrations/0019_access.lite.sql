-- The version of all that decides, beside the row that a token speaks for, which tokens are refused: disabled clients and
-- retired keys. A node that remembers them compares the version in the statement that accepts a token.
CREATE TABLE access_change (id INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
INSERT INTO access_change (id, version) VALUES (1, 0);
ALTER TABLE token_key ADD COLUMN retired_at INTEGER;
ALTER TABLE client ADD COLUMN state TEXT NOT NULL DEFAULT 'enabled';
-- How often a client's tokens were ended; codes and tokens name the generation they belong to.
ALTER TABLE client ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE client ADD COLUMN former_secret_hash BLOB;
CREATE INDEX client_restricted ON client (generation) WHERE generation > 0;
ALTER TABLE code ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE code ADD COLUMN customer_generation INTEGER NOT NULL DEFAULT 0;
-- Since when a customer is blocked, and how often that ended what they were signed in to.
ALTER TABLE customer ADD COLUMN blocked_at INTEGER;
ALTER TABLE customer ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
-- Since when a device's owner is blocked.
ALTER TABLE device ADD COLUMN suspended_at INTEGER;
