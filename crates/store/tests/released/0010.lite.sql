-- The schema of the first release. Times are microseconds since 1970; money is in minor units of its currency; ids of devices,
-- orders, events and mails begin with their time. Tables with a shard hold what belongs to customers and devices.

-- The installation, its keys, and what tells nodes of changes.

-- One row: the number of shards, a proof of the master key, and the test clock.
CREATE TABLE installation (id INTEGER NOT NULL, shards INTEGER NOT NULL, master_check BLOB NOT NULL,
  created_at INTEGER NOT NULL, clock_offset INTEGER, clock_frozen_at INTEGER, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;

-- Keys that access and refresh tokens are made with; a retired one accepts nothing.
CREATE TABLE token_key (id INTEGER NOT NULL, created_at INTEGER NOT NULL, retired_at INTEGER, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;

-- Keys that an earlier master key made and that are still in use, sealed under the present one.
CREATE TABLE derived_key (purpose TEXT NOT NULL, number INTEGER NOT NULL, sealed BLOB NOT NULL, ends_at INTEGER,
  PRIMARY KEY (purpose, number)) STRICT, WITHOUT ROWID;

-- Keys that notifications are signed with, sealed under the master key, and their certificates for ever.
CREATE TABLE signing_key (id INTEGER NOT NULL, name TEXT NOT NULL, certificate TEXT NOT NULL, sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX signing_key_name ON signing_key (name);

-- The last transaction that changed what device calls are judged by; nodes that remember devices compare it.
CREATE TABLE device_change (id INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;

-- The version of clients and token keys that tokens are judged by.
CREATE TABLE access_change (id INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
INSERT INTO access_change (id, version) VALUES (1, 0);

-- The catalogue.

-- Makers of devices.
CREATE TABLE maker (id BLOB NOT NULL, name TEXT NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX maker_name ON maker (name);

-- Security profiles: what a customer consents to.
CREATE TABLE profile (id BLOB NOT NULL, maker BLOB NOT NULL, name TEXT NOT NULL, privacy_url TEXT, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX profile_name ON profile (maker, name);

-- Clients of Login with Amazon: apps and clouds of a profile.
CREATE TABLE client (id BLOB NOT NULL, profile BLOB NOT NULL, kind TEXT NOT NULL, ordinal INTEGER NOT NULL,
  secret_hash BLOB, redirect_uris TEXT NOT NULL, mode TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'enabled',
  generation INTEGER NOT NULL DEFAULT 0, former_secret_hash BLOB, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX client_of_profile ON client (profile, kind, ordinal);
CREATE INDEX client_restricted ON client (generation) WHERE generation > 0;

-- Device models.
CREATE TABLE model (id BLOB NOT NULL, maker BLOB NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL,
  composite BLOB NOT NULL, live INTEGER NOT NULL, takeover TEXT NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX model_code ON model (maker, code);
CREATE UNIQUE INDEX model_composite ON model (composite);

-- Versions of notifications that a model asks for, where they are not the default.
CREATE TABLE model_message (model BLOB NOT NULL, kind TEXT NOT NULL, version TEXT NOT NULL, PRIMARY KEY (model, kind)) STRICT, WITHOUT ROWID;

-- Slots of a model, and the products each accepts.
CREATE TABLE slot (model BLOB NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL,
  unit TEXT NOT NULL, products TEXT NOT NULL, PRIMARY KEY (model, id)) STRICT, WITHOUT ROWID;

-- Products.
CREATE TABLE product (asin TEXT NOT NULL, title TEXT NOT NULL, price_minor INTEGER NOT NULL, currency TEXT NOT NULL,
  quantity REAL NOT NULL, unit TEXT NOT NULL, available INTEGER NOT NULL, sku TEXT, PRIMARY KEY (asin)) STRICT, WITHOUT ROWID;

-- Prices that changed, and how far their subscribers were mailed.
CREATE TABLE price_change (asin TEXT NOT NULL, before_minor INTEGER NOT NULL, before_currency TEXT NOT NULL,
  changed_at INTEGER NOT NULL, last_shard INTEGER NOT NULL, last_device BLOB NOT NULL, last_slot TEXT NOT NULL,
  PRIMARY KEY (asin)) STRICT, WITHOUT ROWID;
CREATE INDEX price_change_due ON price_change (changed_at);

-- What a seed file wrote last, by record: only what still is so may be changed by the next one.
CREATE TABLE seeded (shard INTEGER NOT NULL, kind TEXT NOT NULL, parent TEXT NOT NULL, id TEXT NOT NULL,
  record TEXT NOT NULL, PRIMARY KEY (shard, kind, parent, id)) STRICT, WITHOUT ROWID;

-- Customers, their sessions and consents.

-- Accounts.
CREATE TABLE customer (shard INTEGER NOT NULL, id BLOB NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL,
  password_hash TEXT NOT NULL, address TEXT, created_at INTEGER NOT NULL, language TEXT, password_at INTEGER,
  blocked_at INTEGER, generation INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;

-- Accounts by their e-mail address, which may lie on another shard.
CREATE TABLE customer_email (shard INTEGER NOT NULL, email TEXT NOT NULL, customer BLOB NOT NULL,
  PRIMARY KEY (shard, email)) STRICT, WITHOUT ROWID;

-- Signed-in browsers, by the hash of their cookie.
CREATE TABLE session (shard INTEGER NOT NULL, id BLOB NOT NULL, customer BLOB NOT NULL, created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, generation INTEGER NOT NULL, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE INDEX session_expiry ON session (expires_at);

-- What a customer grants to a profile, the generation of the grant, and refresh tokens that were used.
CREATE TABLE consent (shard INTEGER NOT NULL, customer BLOB NOT NULL, profile BLOB NOT NULL, scopes INTEGER NOT NULL,
  granted_at INTEGER NOT NULL, revoked TEXT NOT NULL, mark INTEGER, ending_at INTEGER, turns TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (shard, customer, profile)) STRICT, WITHOUT ROWID;
CREATE INDEX consent_ending ON consent (ending_at) WHERE ending_at IS NOT NULL;

-- Set-ups under way.
CREATE TABLE signup (shard INTEGER NOT NULL, id BLOB NOT NULL, session BLOB NOT NULL, request TEXT NOT NULL,
  consented INTEGER NOT NULL, choices TEXT NOT NULL, expires_at INTEGER NOT NULL, mark INTEGER,
  finished INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE INDEX signup_expiry ON signup (expires_at);

-- Authorization codes, by their hash.
CREATE TABLE code (shard INTEGER NOT NULL, hash BLOB NOT NULL, device_shard INTEGER NOT NULL, device BLOB,
  customer BLOB NOT NULL, client BLOB NOT NULL, redirect_uri TEXT NOT NULL, challenge TEXT, scopes INTEGER NOT NULL,
  family INTEGER NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER, generation INTEGER NOT NULL,
  customer_generation INTEGER NOT NULL, PRIMARY KEY (shard, hash)) STRICT, WITHOUT ROWID;
CREATE INDEX code_expiry ON code (expires_at);

-- Devices and their slots.

-- The present registration of a unit, by model and serial.
CREATE TABLE unit (shard INTEGER NOT NULL, model BLOB NOT NULL, serial TEXT NOT NULL, device BLOB NOT NULL,
  PRIMARY KEY (shard, model, serial)) STRICT, WITHOUT ROWID;

-- Registrations; one ends with deregistration, and is kept.
CREATE TABLE device (shard INTEGER NOT NULL, id BLOB NOT NULL, model BLOB NOT NULL, serial TEXT NOT NULL,
  customer BLOB NOT NULL, directed_customer TEXT NOT NULL, client BLOB NOT NULL, test INTEGER NOT NULL,
  registered_at INTEGER NOT NULL, active_at INTEGER, deregistered_at INTEGER, revoked TEXT NOT NULL,
  turns TEXT NOT NULL DEFAULT '', suspended_at INTEGER, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE INDEX device_customer ON device (customer);

-- Set-ups of a unit that another customer has; on the unit's shard.
CREATE TABLE takeover (shard INTEGER NOT NULL, device BLOB NOT NULL, customer BLOB NOT NULL, state TEXT NOT NULL,
  answer_by INTEGER NOT NULL, successor BLOB, consent INTEGER, PRIMARY KEY (shard, device, customer)) STRICT, WITHOUT ROWID;
CREATE INDEX takeover_answer_by ON takeover (answer_by);

-- When a customer began takeovers of late; on the customer's shard.
CREATE TABLE takeover_count (shard INTEGER NOT NULL, customer BLOB NOT NULL, attempts TEXT NOT NULL,
  PRIMARY KEY (shard, customer)) STRICT, WITHOUT ROWID;

-- The product, the open order and the price agreed to, of each slot.
CREATE TABLE subscription (shard INTEGER NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL, asin TEXT,
  active INTEGER NOT NULL, open_order BLOB, agreed_asin TEXT, agreed_minor INTEGER, agreed_currency TEXT,
  agreed_at INTEGER, PRIMARY KEY (shard, device, slot)) STRICT, WITHOUT ROWID;
CREATE INDEX subscription_product ON subscription (asin, shard, device, slot) WHERE active;

-- A customer's rules for a slot.
CREATE TABLE rule (shard INTEGER NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL, rules TEXT NOT NULL,
  PRIMARY KEY (shard, device, slot)) STRICT, WITHOUT ROWID;

-- Readings of slots.

-- Appended in the order of time. SQLite finds them by their rowid, PostgreSQL by an id that begins with the time.
CREATE TABLE reading (shard INTEGER NOT NULL, id BLOB NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL,
  at INTEGER NOT NULL, remaining REAL NOT NULL, original REAL NOT NULL, on_hand REAL, expected_at INTEGER,
  last_use_at INTEGER, odd INTEGER NOT NULL) STRICT;

-- Readings of a day in one row, once the single ones are gone.
CREATE TABLE reading_day (shard INTEGER NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL, day INTEGER NOT NULL,
  count INTEGER NOT NULL, lowest REAL NOT NULL, highest REAL NOT NULL, last_at INTEGER NOT NULL,
  remaining REAL NOT NULL, original REAL NOT NULL, PRIMARY KEY (shard, device, slot, day)) STRICT, WITHOUT ROWID;
CREATE INDEX reading_day_day ON reading_day (day);

-- Orders.

-- Orders, with whom and where they are for as it was when they were placed.
CREATE TABLE orders (shard INTEGER NOT NULL, id BLOB NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL,
  asin TEXT NOT NULL, title TEXT NOT NULL, quantity REAL NOT NULL, unit TEXT NOT NULL, price_minor INTEGER NOT NULL,
  currency TEXT NOT NULL, test INTEGER NOT NULL, state TEXT NOT NULL, problem TEXT, opened_at INTEGER NOT NULL,
  window_ends_at INTEGER NOT NULL, expected_at INTEGER, due_at INTEGER, claimed_until INTEGER, approved_minor INTEGER,
  backend TEXT, reported INTEGER, placed_at INTEGER, tracking TEXT, held_for TEXT, named_device BLOB,
  customer_name TEXT, customer_email TEXT, ship_to TEXT, shipping_minor INTEGER, tax_minor INTEGER, carrier TEXT,
  tracking_url TEXT, delivered_at INTEGER, cancelled_by TEXT, cancel_reason TEXT, resumes_at INTEGER,
  reminded INTEGER, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX orders_device ON orders (shard, device, id);
CREATE INDEX orders_open ON orders (id) WHERE state IN ('held', 'placed', 'fulfilling', 'shipped');
CREATE INDEX orders_held ON orders (problem) WHERE state = 'held';

-- Calls to a back end: what is wanted, and how far it is.
CREATE TABLE fulfilment (shard INTEGER NOT NULL, id BLOB NOT NULL, wanted TEXT NOT NULL, tries INTEGER NOT NULL,
  due_at INTEGER, error TEXT, reference TEXT, begun_at INTEGER, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE INDEX fulfilment_due ON fulfilment (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX fulfilment_reference ON fulfilment (reference) WHERE reference IS NOT NULL;

-- Notifications.

-- Receivers of notifications. An address may hold a password or a key: it is sealed.
CREATE TABLE topic (id BLOB NOT NULL, profile BLOB NOT NULL, arn TEXT NOT NULL, state TEXT NOT NULL,
  signature TEXT NOT NULL, raw INTEGER NOT NULL, policy TEXT NOT NULL, subscription BLOB NOT NULL,
  token INTEGER NOT NULL, token_ends_at INTEGER NOT NULL, secret INTEGER NOT NULL, secret_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX topic_arn ON topic (arn);
CREATE UNIQUE INDEX topic_subscription ON topic (subscription);
CREATE INDEX topic_profile ON topic (profile);

-- Events, appended in the order of time.
CREATE TABLE outbox (shard INTEGER NOT NULL, id BLOB NOT NULL, device BLOB NOT NULL, at INTEGER NOT NULL,
  kind TEXT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (shard, id)) STRICT;
CREATE INDEX outbox_at ON outbox (at, id);

-- An event on its way to one receiver, or its end.
CREATE TABLE delivery (shard INTEGER NOT NULL, id BLOB NOT NULL, topic BLOB NOT NULL, device BLOB, event BLOB,
  kind TEXT NOT NULL, version TEXT NOT NULL, published_at INTEGER NOT NULL, state TEXT NOT NULL, due_at INTEGER,
  attempts INTEGER NOT NULL, round INTEGER NOT NULL, began_at INTEGER, ended_at INTEGER, reason TEXT,
  place INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_due ON delivery (topic, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX delivery_of_event ON delivery (event, shard, id);
CREATE INDEX delivery_in_line ON delivery (shard, topic, device, place, id) WHERE ended_at IS NULL;
CREATE INDEX delivery_dead ON delivery (id) WHERE state = 'dead' AND event IS NOT NULL;

-- Attempts at a delivery.
CREATE TABLE attempt (shard INTEGER NOT NULL, delivery BLOB NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL,
  took INTEGER NOT NULL, status INTEGER, problem TEXT, answer TEXT NOT NULL, PRIMARY KEY (shard, delivery, number)) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_at ON attempt (at);

-- Mail.

-- Mails to customers, appended in the order of time.
CREATE TABLE mail (shard INTEGER NOT NULL, id BLOB NOT NULL, device BLOB NOT NULL, customer BLOB NOT NULL,
  at INTEGER NOT NULL, kind TEXT NOT NULL, news TEXT NOT NULL, state TEXT NOT NULL, due_at INTEGER,
  attempts INTEGER NOT NULL, ended_at INTEGER, reason TEXT, PRIMARY KEY (shard, id)) STRICT;
CREATE INDEX mail_due ON mail (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mail_dead ON mail (id) WHERE state = 'dead';
PRAGMA user_version = 1;
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
PRAGMA user_version = 2;
-- How full the slots are.

-- What a slot's readings of one day say of its level. The newest day is the present level.
CREATE TABLE level_day (shard INTEGER NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL, day INTEGER NOT NULL,
  lowest REAL NOT NULL, highest REAL NOT NULL, last_at INTEGER NOT NULL, last_reading BLOB NOT NULL,
  remaining REAL NOT NULL, original REAL NOT NULL, on_hand REAL, PRIMARY KEY (shard, device, slot, day)) STRICT, WITHOUT ROWID;
CREATE INDEX level_day_day ON level_day (day);

-- How far each pass over the readings has come: the last reading, and its place in the order of arrival (SQLite).
CREATE TABLE level_cursor (pass INTEGER NOT NULL, reading BLOB NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (pass)) STRICT, WITHOUT ROWID;
INSERT INTO level_cursor (pass, reading, place) VALUES (1, zeroblob(16), 0), (2, zeroblob(16), 0), (3, zeroblob(16), 0);
PRAGMA user_version = 3;
-- The second factor of a customer's sign-in: an authenticator app. Its secret is derived from the master key and the salt.
CREATE TABLE second_factor (shard INTEGER NOT NULL, customer BLOB NOT NULL, salt BLOB NOT NULL, since INTEGER NOT NULL,
  last_step INTEGER NOT NULL, PRIMARY KEY (shard, customer)) STRICT, WITHOUT ROWID;

-- Recovery codes that were not used yet, each as an authentication code.
CREATE TABLE recovery_code (shard INTEGER NOT NULL, customer BLOB NOT NULL, code BLOB NOT NULL,
  PRIMARY KEY (shard, customer, code)) STRICT, WITHOUT ROWID;
PRAGMA user_version = 4;
-- Brands of makers, and pictures.

-- What a maker's customers see on pages and in mails.
CREATE TABLE brand (maker BLOB NOT NULL, logo TEXT, accent TEXT, privacy_url TEXT, terms_url TEXT, withdrawal_url TEXT,
  contact_url TEXT, imprint TEXT, sender_name TEXT, sender_address TEXT, reply_to TEXT, PRIMARY KEY (maker)) STRICT, WITHOUT ROWID;

-- Pictures by the hash of their bytes. Whoever shows one names hash, format and size.
CREATE TABLE picture (hash BLOB NOT NULL, format TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (hash)) STRICT, WITHOUT ROWID;
ALTER TABLE model ADD COLUMN picture TEXT;
ALTER TABLE product ADD COLUMN picture TEXT;
PRAGMA user_version = 5;
-- Exports of what is stored about a customer, and how long orders are kept.

-- The export of a customer, under way until ready_at. It can be downloaded until ends_at.
CREATE TABLE export (shard INTEGER NOT NULL, customer BLOB NOT NULL, id BLOB NOT NULL, requested_at INTEGER NOT NULL,
  place TEXT, step INTEGER NOT NULL, bytes INTEGER NOT NULL, due_at INTEGER, ready_at INTEGER, ends_at INTEGER NOT NULL,
  PRIMARY KEY (shard, customer)) STRICT, WITHOUT ROWID;
CREATE INDEX export_due ON export (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX export_ends_at ON export (ends_at);

-- Its parts: records of one kind while it is under way, then the archive.
CREATE TABLE export_part (shard INTEGER NOT NULL, customer BLOB NOT NULL, file TEXT NOT NULL, number INTEGER NOT NULL,
  content BLOB NOT NULL, PRIMARY KEY (shard, customer, file, number)) STRICT;

-- The mails of a customer. A mail is entered once it was sent, so that the change that it is about takes no longer.
CREATE INDEX mail_customer ON mail (customer, id) WHERE ended_at IS NOT NULL AND customer IS NOT NULL;
CREATE INDEX mail_recipient ON mail (shard, json_extract(recipient, '$.email'), id) WHERE recipient IS NOT NULL;

-- The notifications about a device, entered once they were sent.
CREATE INDEX delivery_of_device ON delivery (shard, device, id) WHERE ended_at IS NOT NULL AND device IS NOT NULL;

-- The takeovers that a customer began.
CREATE INDEX takeover_customer ON takeover (customer, device);

-- Ended orders, by the time in their ids: all of them, and those whose customer was deleted.
CREATE INDEX orders_ended ON orders (id) WHERE state IN ('delivered', 'cancelled', 'expired');
CREATE INDEX orders_without_person ON orders (id)
  WHERE state IN ('delivered', 'cancelled', 'expired') AND customer_email IS NULL;
PRAGMA user_version = 6;
-- Withdrawals from the contract, returns and refunds; when the steps of an order happened; what a price includes.

ALTER TABLE orders ADD COLUMN held_at INTEGER;
ALTER TABLE orders ADD COLUMN approved_at INTEGER;
ALTER TABLE orders ADD COLUMN shipped_at INTEGER;
ALTER TABLE orders ADD COLUMN ended_at INTEGER;
ALTER TABLE orders ADD COLUMN withdrawn_at INTEGER;
ALTER TABLE orders ADD COLUMN withdrawal_reason TEXT;
ALTER TABLE orders ADD COLUMN returned_at INTEGER;
ALTER TABLE orders ADD COLUMN refund_minor INTEGER;
ALTER TABLE orders ADD COLUMN refunded_at INTEGER;

-- Who made an order, where that is not its device.
ALTER TABLE orders ADD COLUMN ordered_by TEXT;

-- Orders whose customers wait for their money.
CREATE INDEX orders_withdrawn ON orders (id) WHERE withdrawn_at IS NOT NULL AND (refund_minor IS NULL OR refund_minor < price_minor);

-- What a price includes, and what a unit price is counted from. Quantities are in thousandths, rates in hundredths of a per cent.
ALTER TABLE product ADD COLUMN shipping_minor INTEGER;
ALTER TABLE product ADD COLUMN tax_rate INTEGER;
ALTER TABLE product ADD COLUMN unit_content INTEGER;
ALTER TABLE product ADD COLUMN unit_per INTEGER;
ALTER TABLE product ADD COLUMN unit_of TEXT;
ALTER TABLE orders ADD COLUMN stated_shipping INTEGER;
ALTER TABLE orders ADD COLUMN stated_tax_rate INTEGER;
PRAGMA user_version = 7;
-- Identities at a provider, each with the customer whom it signs in. The digest is keyed: it reveals no subject.
CREATE TABLE federated_identity (shard INTEGER NOT NULL, digest BLOB NOT NULL, customer BLOB NOT NULL,
  PRIMARY KEY (shard, digest)) STRICT, WITHOUT ROWID;

-- The same from the customer's side: at most one identity.
CREATE TABLE customer_identity (shard INTEGER NOT NULL, customer BLOB NOT NULL, identity_shard INTEGER NOT NULL,
  digest BLOB NOT NULL, issuer TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (shard, customer)) STRICT, WITHOUT ROWID;
PRAGMA user_version = 8;
-- What customers state themselves.

-- The name that a customer gave to a device.
ALTER TABLE device ADD COLUMN name TEXT;

-- The time zone that a customer chose for pages and mails.
ALTER TABLE customer ADD COLUMN zone TEXT;

-- What a customer states of a slot: the day of a replacement, and the stock on hand, each with the time of the statement.
CREATE TABLE slot_statement (shard INTEGER NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL, replaced_on INTEGER,
  replaced_at INTEGER, stock INTEGER, stock_at INTEGER, PRIMARY KEY (shard, device, slot)) STRICT, WITHOUT ROWID;
PRAGMA user_version = 9;
-- Translations of what makers declare.

-- A JSON text by key and language, such as {"names": {"de": "Wasserkrug"}}; nothing where there are none.
ALTER TABLE model ADD COLUMN translations TEXT;
ALTER TABLE slot ADD COLUMN translations TEXT;
ALTER TABLE product ADD COLUMN translations TEXT;
PRAGMA user_version = 10;
DELETE FROM access_change;
INSERT INTO access_change VALUES (1, 0);
DELETE FROM attempt;
DELETE FROM brand;
DELETE FROM client;
INSERT INTO client VALUES (X'6E789E6AA1B965F4336503C6B835BEC0', X'6E789E6AA1B965F4336503C6B835BEC0', 'web', 1, NULL, '[]', 'lwa', 'enabled', 0, NULL);
DELETE FROM code;
DELETE FROM consent;
DELETE FROM customer;
INSERT INTO customer VALUES (0, X'6E789E6AA1B965F4336503C6B835BEC0', 'ann+1@example.com', 'Ann 1', 'a hash', NULL, 1520000000123457, NULL, NULL, NULL, 0, NULL, NULL);
DELETE FROM customer_email;
DELETE FROM customer_identity;
DELETE FROM delivery;
DELETE FROM derived_key;
DELETE FROM device;
INSERT INTO device VALUES (0, X'6E789E6AA1B965F4336503C6B835BEC0', X'6E789E6AA1B965F4336503C6B835BEC0', 'unit', X'3D219CCF82C5E8A77227880579A2D207', 'amzn1.account.A000000000000000000000000001', X'B6F57904FB5994324D7C51987750056F', 0, 1520000000123457, NULL, NULL, '', '', NULL, NULL);
DELETE FROM device_change;
DELETE FROM export;
DELETE FROM export_part;
DELETE FROM federated_identity;
DELETE FROM fulfilment;
DELETE FROM installation;
INSERT INTO installation VALUES (1, 1, X'0707070707070707070707070707070707070707070707070707070707070707', 1520000000123457, NULL, NULL);
DELETE FROM level_cursor;
INSERT INTO level_cursor VALUES (1, X'00000000000000000000000000000000', 0);
INSERT INTO level_cursor VALUES (2, X'00000000000000000000000000000000', 0);
INSERT INTO level_cursor VALUES (3, X'00000000000000000000000000000000', 0);
DELETE FROM level_day;
DELETE FROM mail;
DELETE FROM maker;
INSERT INTO maker VALUES (X'6E789E6AA1B965F4336503C6B835BEC0', 'maker 1');
DELETE FROM model;
INSERT INTO model VALUES (X'6E789E6AA1B965F4336503C6B835BEC0', X'6E789E6AA1B965F4336503C6B835BEC0', 'Model-1+_', 'model 1', X'15ADC333EC042B11EE89D34EB7968E28', 1, 'allow', NULL, NULL);
DELETE FROM model_message;
DELETE FROM orders;
INSERT INTO orders VALUES (0, X'00000000000000016E789E6AA1B965F4', X'6E789E6AA1B965F4336503C6B835BEC0', 'filter', 'B000000001', 'Filter', 2.5, 'count', 1200, 'JPY', 0, 'placed', NULL, 1520000000123457, 1520000000123557, NULL, NULL, NULL, NULL, 'simulated', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
DELETE FROM outbox;
DELETE FROM picture;
DELETE FROM price_change;
DELETE FROM product;
INSERT INTO product VALUES ('B000000001', 'product 1', 2499, 'USD', 12.5, 'lbs', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
DELETE FROM profile;
INSERT INTO profile VALUES (X'6E789E6AA1B965F4336503C6B835BEC0', X'6E789E6AA1B965F4336503C6B835BEC0', 'profile 1', NULL);
DELETE FROM reading;
DELETE FROM reading_day;
DELETE FROM recovery_code;
DELETE FROM rule;
DELETE FROM second_factor;
DELETE FROM seeded;
DELETE FROM session;
DELETE FROM signing_key;
DELETE FROM signup;
DELETE FROM slot;
INSERT INTO slot VALUES (X'6E789E6AA1B965F4336503C6B835BEC0', 'filter', 0, 'the filter', 'count', '[]', NULL);
DELETE FROM slot_statement;
DELETE FROM subscription;
DELETE FROM takeover;
DELETE FROM takeover_count;
DELETE FROM token_key;
INSERT INTO token_key VALUES (1, 1520000000123457, NULL);
DELETE FROM topic;
INSERT INTO topic VALUES (X'00000000000000016E789E6AA1B965F4', X'6E789E6AA1B965F4336503C6B835BEC0', 'arn:aws:sns:drs-local-1:123456789012:topic-1', 'confirmed', '1', 0, 'sns', X'6E789E6AA1B965F4336503C6B835BEC0', 1, 1520000000123466, 1, 1520000000123457, 1520000000123457, X'7365616C6564');
DELETE FROM unit;
INSERT INTO unit VALUES (0, X'6E789E6AA1B965F4336503C6B835BEC0', 'unit', X'6E789E6AA1B965F4336503C6B835BEC0');
