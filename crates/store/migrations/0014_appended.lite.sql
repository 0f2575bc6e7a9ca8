-- What is appended and seldom looked up lies in the order in which it came, and is removed in that order. Kept in the order of
-- its keys, SQLite evens out three pages and those above them whenever a page is full, and above long rows lie whole rows.
ALTER TABLE reading RENAME TO reading_by_id;
CREATE TABLE reading (shard INTEGER NOT NULL, id BLOB NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL, at INTEGER NOT NULL,
  remaining REAL NOT NULL, original REAL NOT NULL, on_hand REAL, expected_at INTEGER, last_use_at INTEGER, odd INTEGER NOT NULL) STRICT;
INSERT INTO reading (shard, id, device, slot, at, remaining, original, on_hand, expected_at, last_use_at, odd)
  SELECT shard, id, device, slot, at, remaining, original, on_hand, expected_at, last_use_at, odd FROM reading_by_id ORDER BY shard, id;
DROP TABLE reading_by_id;

ALTER TABLE outbox RENAME TO outbox_by_id;
CREATE TABLE outbox (shard INTEGER NOT NULL, id BLOB NOT NULL, device BLOB NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
  event TEXT NOT NULL, dispatched_at INTEGER, PRIMARY KEY (shard, id)) STRICT;
INSERT INTO outbox (shard, id, device, at, kind, event, dispatched_at)
  SELECT shard, id, device, at, kind, event, dispatched_at FROM outbox_by_id ORDER BY shard, id;
DROP TABLE outbox_by_id;
CREATE INDEX outbox_fresh ON outbox (at, id) WHERE dispatched_at IS NULL;
CREATE INDEX outbox_at ON outbox (at, id);

ALTER TABLE mail RENAME TO mail_by_id;
CREATE TABLE mail (shard INTEGER NOT NULL, id BLOB NOT NULL, device BLOB NOT NULL, customer BLOB NOT NULL, at INTEGER NOT NULL,
  kind TEXT NOT NULL, news TEXT NOT NULL, state TEXT NOT NULL, due_at INTEGER, attempts INTEGER NOT NULL, ended_at INTEGER,
  reason TEXT, PRIMARY KEY (shard, id)) STRICT;
INSERT INTO mail (shard, id, device, customer, at, kind, news, state, due_at, attempts, ended_at, reason)
  SELECT shard, id, device, customer, at, kind, news, state, due_at, attempts, ended_at, reason FROM mail_by_id ORDER BY shard, id;
DROP TABLE mail_by_id;
CREATE INDEX mail_due ON mail (due_at) WHERE due_at IS NOT NULL;

-- There is one shard: an index by the id alone is the primary key once more.
DROP INDEX orders_id;
