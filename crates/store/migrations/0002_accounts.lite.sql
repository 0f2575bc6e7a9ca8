-- Accounts that customers create themselves.

-- When a session was used last, and the browser; NULL for sessions of the first release.
ALTER TABLE session ADD COLUMN used_at INTEGER;
ALTER TABLE session ADD COLUMN agent TEXT;
CREATE INDEX session_customer ON session (customer);

-- When an account is to be deleted, where its customer asked for that.
ALTER TABLE customer ADD COLUMN delete_at INTEGER;
CREATE INDEX customer_delete_at ON customer (delete_at) WHERE delete_at IS NOT NULL;

-- A mail about an account has a recipient in place of device and customer.
CREATE TABLE mail_of_any (shard INTEGER NOT NULL, id BLOB NOT NULL, device BLOB, customer BLOB,
  at INTEGER NOT NULL, kind TEXT NOT NULL, news TEXT NOT NULL, state TEXT NOT NULL, due_at INTEGER,
  attempts INTEGER NOT NULL, ended_at INTEGER, reason TEXT, recipient TEXT, PRIMARY KEY (shard, id)) STRICT;
INSERT INTO mail_of_any (rowid, shard, id, device, customer, at, kind, news, state, due_at, attempts, ended_at, reason)
  SELECT rowid, shard, id, device, customer, at, kind, news, state, due_at, attempts, ended_at, reason FROM mail ORDER BY rowid;
DROP TABLE mail;
ALTER TABLE mail_of_any RENAME TO mail;
CREATE INDEX mail_due ON mail (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mail_dead ON mail (id) WHERE state = 'dead';
