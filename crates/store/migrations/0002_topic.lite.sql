-- Receivers of notifications, what is on its way to them, and how each attempt ended.

CREATE TABLE topic (id BLOB NOT NULL, profile BLOB NOT NULL, arn TEXT NOT NULL, endpoint TEXT NOT NULL, state TEXT NOT NULL,
  signature TEXT NOT NULL, raw INTEGER NOT NULL, policy TEXT NOT NULL, subscription BLOB NOT NULL, token INTEGER NOT NULL,
  token_ends_at INTEGER NOT NULL, secret INTEGER NOT NULL, secret_at INTEGER NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX topic_arn ON topic (arn);
CREATE UNIQUE INDEX topic_subscription ON topic (subscription);
CREATE INDEX topic_profile ON topic (profile);
CREATE TABLE signing_key (id INTEGER NOT NULL, name TEXT NOT NULL, certificate TEXT NOT NULL, sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX signing_key_name ON signing_key (name);
CREATE TABLE model_message (model BLOB NOT NULL, kind TEXT NOT NULL, version TEXT NOT NULL, PRIMARY KEY (model, kind)) STRICT, WITHOUT ROWID;

ALTER TABLE outbox ADD COLUMN dispatched_at INTEGER;
CREATE INDEX outbox_fresh ON outbox (at, id) WHERE dispatched_at IS NULL;
CREATE INDEX outbox_at ON outbox (at, id);
CREATE TABLE delivery (shard INTEGER NOT NULL, id BLOB NOT NULL, topic BLOB NOT NULL, device BLOB, event BLOB, kind TEXT NOT NULL,
  version TEXT NOT NULL, published_at INTEGER NOT NULL, state TEXT NOT NULL, due_at INTEGER, attempts INTEGER NOT NULL, round INTEGER NOT NULL,
  began_at INTEGER, ended_at INTEGER, reason TEXT, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_due ON delivery (topic, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_line ON delivery (shard, topic, device, id) WHERE ended_at IS NULL;
CREATE INDEX delivery_event ON delivery (shard, event);
CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE attempt (shard INTEGER NOT NULL, delivery BLOB NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, took INTEGER NOT NULL,
  status INTEGER, problem TEXT, answer TEXT NOT NULL, PRIMARY KEY (shard, delivery, number)) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_at ON attempt (at);
