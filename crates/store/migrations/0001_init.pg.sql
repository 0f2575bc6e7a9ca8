-- Everything a first installation needs. Integers are 64 bits; times are microseconds; shard stands first in every key.

-- reference tables: small, on every node
CREATE TABLE installation (id BIGINT NOT NULL, shards BIGINT NOT NULL, master_check BYTEA NOT NULL, created_at BIGINT NOT NULL,
  clock_offset BIGINT, clock_frozen_at BIGINT, PRIMARY KEY (id));
CREATE TABLE token_key (id BIGINT NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (id));
CREATE TABLE maker (id UUID NOT NULL, name TEXT NOT NULL, PRIMARY KEY (id));
CREATE UNIQUE INDEX maker_name ON maker (name);
CREATE TABLE profile (id UUID NOT NULL, maker UUID NOT NULL, name TEXT NOT NULL, privacy_url TEXT, PRIMARY KEY (id));
CREATE UNIQUE INDEX profile_name ON profile (maker, name);
CREATE TABLE client (id UUID NOT NULL, profile UUID NOT NULL, kind TEXT NOT NULL, ordinal BIGINT NOT NULL, secret_hash BYTEA,
  redirect_uris TEXT NOT NULL, PRIMARY KEY (id));
CREATE UNIQUE INDEX client_of_profile ON client (profile, kind, ordinal);
CREATE TABLE model (id UUID NOT NULL, maker UUID NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL, composite UUID NOT NULL,
  live BOOLEAN NOT NULL, PRIMARY KEY (id));
CREATE UNIQUE INDEX model_code ON model (maker, code);
CREATE UNIQUE INDEX model_composite ON model (composite);
CREATE TABLE slot (model UUID NOT NULL, id TEXT NOT NULL, position BIGINT NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL,
  products TEXT NOT NULL, PRIMARY KEY (model, id));
CREATE TABLE product (asin TEXT NOT NULL, title TEXT NOT NULL, price_minor BIGINT NOT NULL, currency TEXT NOT NULL,
  quantity DOUBLE PRECISION NOT NULL, unit TEXT NOT NULL, available BOOLEAN NOT NULL, PRIMARY KEY (asin));

-- the customer's side: sharded by customer, e-mail, session or code
CREATE TABLE customer (shard BIGINT NOT NULL, id UUID NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, password_hash TEXT NOT NULL,
  address TEXT, created_at BIGINT NOT NULL, PRIMARY KEY (shard, id));
CREATE TABLE customer_email (shard BIGINT NOT NULL, email TEXT NOT NULL, customer UUID NOT NULL, PRIMARY KEY (shard, email));
CREATE TABLE session (shard BIGINT NOT NULL, id BYTEA NOT NULL, customer UUID NOT NULL, created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL, PRIMARY KEY (shard, id));
CREATE INDEX session_expiry ON session (expires_at);
CREATE TABLE consent (shard BIGINT NOT NULL, customer UUID NOT NULL, profile UUID NOT NULL, scopes BIGINT NOT NULL,
  granted_at BIGINT NOT NULL, revoked TEXT NOT NULL, PRIMARY KEY (shard, customer, profile));
CREATE TABLE signup (shard BIGINT NOT NULL, id BYTEA NOT NULL, session BYTEA NOT NULL, request TEXT NOT NULL, consented BOOLEAN NOT NULL,
  choices TEXT NOT NULL, expires_at BIGINT NOT NULL, PRIMARY KEY (shard, id));
CREATE INDEX signup_expiry ON signup (expires_at);
CREATE TABLE code (shard BIGINT NOT NULL, hash BYTEA NOT NULL, device_shard BIGINT NOT NULL, device UUID, customer UUID NOT NULL,
  client UUID NOT NULL, redirect_uri TEXT NOT NULL, challenge TEXT, scopes BIGINT NOT NULL, family BIGINT NOT NULL,
  expires_at BIGINT NOT NULL, used_at BIGINT, PRIMARY KEY (shard, hash));
CREATE INDEX code_expiry ON code (expires_at);

-- the device's side: sharded by unit, so that a hot call touches one shard
CREATE TABLE unit (shard BIGINT NOT NULL, model UUID NOT NULL, serial TEXT NOT NULL, device UUID NOT NULL,
  PRIMARY KEY (shard, model, serial));
CREATE TABLE device (shard BIGINT NOT NULL, id UUID NOT NULL, model UUID NOT NULL, serial TEXT NOT NULL, customer UUID NOT NULL,
  directed_customer TEXT NOT NULL, client UUID NOT NULL, test BOOLEAN NOT NULL, registered_at BIGINT NOT NULL, active_at BIGINT,
  deregistered_at BIGINT, revoked TEXT NOT NULL, PRIMARY KEY (shard, id));
CREATE INDEX device_customer ON device (customer);
CREATE TABLE subscription (shard BIGINT NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL, asin TEXT, active BOOLEAN NOT NULL,
  open_order UUID, PRIMARY KEY (shard, device, slot));
CREATE TABLE reading (shard BIGINT NOT NULL, id UUID NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL, at BIGINT NOT NULL,
  remaining DOUBLE PRECISION NOT NULL, original DOUBLE PRECISION NOT NULL, on_hand DOUBLE PRECISION, expected_at BIGINT, last_use_at BIGINT, odd BOOLEAN NOT NULL,
  PRIMARY KEY (shard, id));
CREATE TABLE orders (shard BIGINT NOT NULL, id UUID NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL, asin TEXT NOT NULL,
  title TEXT NOT NULL, quantity DOUBLE PRECISION NOT NULL, unit TEXT NOT NULL, price_minor BIGINT NOT NULL, currency TEXT NOT NULL,
  test BOOLEAN NOT NULL, state TEXT NOT NULL, problem TEXT, opened_at BIGINT NOT NULL, window_ends_at BIGINT NOT NULL,
  expected_at BIGINT, due_at BIGINT, PRIMARY KEY (shard, id));
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX orders_device ON orders (shard, device, id);
CREATE TABLE outbox (shard BIGINT NOT NULL, id UUID NOT NULL, device UUID NOT NULL, at BIGINT NOT NULL, kind TEXT NOT NULL,
  event TEXT NOT NULL, PRIMARY KEY (shard, id));
