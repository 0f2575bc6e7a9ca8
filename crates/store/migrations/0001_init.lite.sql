-- Everything a first installation needs. Integers are 64 bits; times are microseconds; shard stands first in every key.

-- reference tables: small, on every node
CREATE TABLE installation (id INTEGER NOT NULL, shards INTEGER NOT NULL, master_check BLOB NOT NULL, created_at INTEGER NOT NULL,
  clock_offset INTEGER, clock_frozen_at INTEGER, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE TABLE token_key (id INTEGER NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE TABLE maker (id BLOB NOT NULL, name TEXT NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX maker_name ON maker (name);
CREATE TABLE profile (id BLOB NOT NULL, maker BLOB NOT NULL, name TEXT NOT NULL, privacy_url TEXT, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX profile_name ON profile (maker, name);
CREATE TABLE client (id BLOB NOT NULL, profile BLOB NOT NULL, kind TEXT NOT NULL, ordinal INTEGER NOT NULL, secret_hash BLOB,
  redirect_uris TEXT NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX client_of_profile ON client (profile, kind, ordinal);
CREATE TABLE model (id BLOB NOT NULL, maker BLOB NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL, composite BLOB NOT NULL,
  live INTEGER NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX model_code ON model (maker, code);
CREATE UNIQUE INDEX model_composite ON model (composite);
CREATE TABLE slot (model BLOB NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL,
  products TEXT NOT NULL, PRIMARY KEY (model, id)) STRICT, WITHOUT ROWID;
CREATE TABLE product (asin TEXT NOT NULL, title TEXT NOT NULL, price_minor INTEGER NOT NULL, currency TEXT NOT NULL,
  quantity REAL NOT NULL, unit TEXT NOT NULL, available INTEGER NOT NULL, PRIMARY KEY (asin)) STRICT, WITHOUT ROWID;

-- the customer's side: sharded by customer, e-mail, session or code
CREATE TABLE customer (shard INTEGER NOT NULL, id BLOB NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, password_hash TEXT NOT NULL,
  address TEXT, created_at INTEGER NOT NULL, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE TABLE customer_email (shard INTEGER NOT NULL, email TEXT NOT NULL, customer BLOB NOT NULL, PRIMARY KEY (shard, email)) STRICT, WITHOUT ROWID;
CREATE TABLE session (shard INTEGER NOT NULL, id BLOB NOT NULL, customer BLOB NOT NULL, created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE INDEX session_expiry ON session (expires_at);
CREATE TABLE consent (shard INTEGER NOT NULL, customer BLOB NOT NULL, profile BLOB NOT NULL, scopes INTEGER NOT NULL,
  granted_at INTEGER NOT NULL, revoked TEXT NOT NULL, PRIMARY KEY (shard, customer, profile)) STRICT, WITHOUT ROWID;
CREATE TABLE signup (shard INTEGER NOT NULL, id BLOB NOT NULL, session BLOB NOT NULL, request TEXT NOT NULL, consented INTEGER NOT NULL,
  choices TEXT NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE INDEX signup_expiry ON signup (expires_at);
CREATE TABLE code (shard INTEGER NOT NULL, hash BLOB NOT NULL, device_shard INTEGER NOT NULL, device BLOB, customer BLOB NOT NULL,
  client BLOB NOT NULL, redirect_uri TEXT NOT NULL, challenge TEXT, scopes INTEGER NOT NULL, family INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, used_at INTEGER, PRIMARY KEY (shard, hash)) STRICT, WITHOUT ROWID;
CREATE INDEX code_expiry ON code (expires_at);

-- the device's side: sharded by unit, so that a hot call touches one shard
CREATE TABLE unit (shard INTEGER NOT NULL, model BLOB NOT NULL, serial TEXT NOT NULL, device BLOB NOT NULL,
  PRIMARY KEY (shard, model, serial)) STRICT, WITHOUT ROWID;
CREATE TABLE device (shard INTEGER NOT NULL, id BLOB NOT NULL, model BLOB NOT NULL, serial TEXT NOT NULL, customer BLOB NOT NULL,
  directed_customer TEXT NOT NULL, client BLOB NOT NULL, test INTEGER NOT NULL, registered_at INTEGER NOT NULL, active_at INTEGER,
  deregistered_at INTEGER, revoked TEXT NOT NULL, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE INDEX device_customer ON device (customer);
CREATE TABLE subscription (shard INTEGER NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL, asin TEXT, active INTEGER NOT NULL,
  open_order BLOB, PRIMARY KEY (shard, device, slot)) STRICT, WITHOUT ROWID;
CREATE TABLE reading (shard INTEGER NOT NULL, id BLOB NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL, at INTEGER NOT NULL,
  remaining REAL NOT NULL, original REAL NOT NULL, on_hand REAL, expected_at INTEGER, last_use_at INTEGER, odd INTEGER NOT NULL,
  PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE TABLE orders (shard INTEGER NOT NULL, id BLOB NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL, asin TEXT NOT NULL,
  title TEXT NOT NULL, quantity REAL NOT NULL, unit TEXT NOT NULL, price_minor INTEGER NOT NULL, currency TEXT NOT NULL,
  test INTEGER NOT NULL, state TEXT NOT NULL, problem TEXT, opened_at INTEGER NOT NULL, window_ends_at INTEGER NOT NULL,
  expected_at INTEGER, due_at INTEGER, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX orders_device ON orders (shard, device, id);
CREATE TABLE outbox (shard INTEGER NOT NULL, id BLOB NOT NULL, device BLOB NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
  event TEXT NOT NULL, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
