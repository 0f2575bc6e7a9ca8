-- Receivers' addresses, which may hold passwords and keys, sealed with a key that is not in the store. What the release
-- before wrote into `endpoint` is sealed at the first start of this one.
CREATE TABLE topic_now (id BLOB NOT NULL, profile BLOB NOT NULL, arn TEXT NOT NULL, endpoint TEXT, state TEXT NOT NULL,
  signature TEXT NOT NULL, raw INTEGER NOT NULL, policy TEXT NOT NULL, subscription BLOB NOT NULL, token INTEGER NOT NULL,
  token_ends_at INTEGER NOT NULL, secret INTEGER NOT NULL, secret_at INTEGER NOT NULL, created_at INTEGER NOT NULL, sealed BLOB,
  PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
INSERT INTO topic_now SELECT id, profile, arn, endpoint, state, signature, raw, policy, subscription, token, token_ends_at,
  secret, secret_at, created_at, NULL FROM topic;
DROP TABLE topic;
ALTER TABLE topic_now RENAME TO topic;
CREATE UNIQUE INDEX topic_arn ON topic (arn);
CREATE UNIQUE INDEX topic_subscription ON topic (subscription);
CREATE INDEX topic_profile ON topic (profile);
CREATE INDEX topic_plain ON topic (id) WHERE endpoint IS NOT NULL;

-- Keys that an earlier master key made and that are still in use, sealed with a key of the present one.
CREATE TABLE derived_key (purpose TEXT NOT NULL, number INTEGER NOT NULL, sealed BLOB NOT NULL, ends_at INTEGER, PRIMARY KEY (purpose, number)) STRICT, WITHOUT ROWID;
