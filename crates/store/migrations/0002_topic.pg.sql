-- Receivers of notifications, what is on its way to them, and how each attempt ended.

CREATE TABLE topic (id UUID NOT NULL, profile UUID NOT NULL, arn TEXT NOT NULL, endpoint TEXT NOT NULL, state TEXT NOT NULL,
  signature TEXT NOT NULL, raw BOOLEAN NOT NULL, policy TEXT NOT NULL, subscription UUID NOT NULL, token BIGINT NOT NULL,
  token_ends_at BIGINT NOT NULL, secret BIGINT NOT NULL, secret_at BIGINT NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (id));
CREATE UNIQUE INDEX topic_arn ON topic (arn);
CREATE UNIQUE INDEX topic_subscription ON topic (subscription);
CREATE INDEX topic_profile ON topic (profile);
CREATE TABLE signing_key (id BIGINT NOT NULL, name TEXT NOT NULL, certificate TEXT NOT NULL, sealed BYTEA NOT NULL,
  created_at BIGINT NOT NULL, PRIMARY KEY (id));
CREATE UNIQUE INDEX signing_key_name ON signing_key (name);
CREATE TABLE model_message (model UUID NOT NULL, kind TEXT NOT NULL, version TEXT NOT NULL, PRIMARY KEY (model, kind));

ALTER TABLE outbox ADD COLUMN dispatched_at BIGINT;
CREATE INDEX outbox_fresh ON outbox (at, id) WHERE dispatched_at IS NULL;
CREATE INDEX outbox_at ON outbox (at, id);
CREATE TABLE delivery (shard BIGINT NOT NULL, id UUID NOT NULL, topic UUID NOT NULL, device UUID, event UUID, kind TEXT NOT NULL,
  version TEXT NOT NULL, published_at BIGINT NOT NULL, state TEXT NOT NULL, due_at BIGINT, attempts BIGINT NOT NULL, round BIGINT NOT NULL,
  began_at BIGINT, ended_at BIGINT, reason TEXT, PRIMARY KEY (shard, id));
CREATE INDEX delivery_due ON delivery (topic, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_line ON delivery (shard, topic, device, id) WHERE ended_at IS NULL;
CREATE INDEX delivery_event ON delivery (shard, event);
CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE attempt (shard BIGINT NOT NULL, delivery UUID NOT NULL, number BIGINT NOT NULL, at BIGINT NOT NULL, took BIGINT NOT NULL,
  status BIGINT, problem TEXT, answer TEXT NOT NULL, PRIMARY KEY (shard, delivery, number));
CREATE INDEX attempt_at ON attempt (at);
