CREATE TABLE migration (step BIGINT NOT NULL, PRIMARY KEY (step));
-- The schema of the first release. Times are microseconds since 1970; money is in minor units of its currency; ids of devices,
-- orders, events and mails begin with their time. Tables with a shard hold what belongs to customers and devices.

-- The installation, its keys, and what tells nodes of changes.

-- One row: the number of shards, a proof of the master key, and the test clock.
CREATE TABLE installation (id BIGINT NOT NULL, shards BIGINT NOT NULL, master_check BYTEA NOT NULL,
  created_at BIGINT NOT NULL, clock_offset BIGINT, clock_frozen_at BIGINT, PRIMARY KEY (id));

-- Keys that access and refresh tokens are made with; a retired one accepts nothing.
CREATE TABLE token_key (id BIGINT NOT NULL, created_at BIGINT NOT NULL, retired_at BIGINT, PRIMARY KEY (id));

-- Keys that an earlier master key made and that are still in use, sealed under the present one.
CREATE TABLE derived_key (purpose TEXT NOT NULL, number BIGINT NOT NULL, sealed BYTEA NOT NULL, ends_at BIGINT,
  PRIMARY KEY (purpose, number));

-- Keys that notifications are signed with, sealed under the master key, and their certificates for ever.
CREATE TABLE signing_key (id BIGINT NOT NULL, name TEXT NOT NULL, certificate TEXT NOT NULL, sealed BYTEA NOT NULL,
  created_at BIGINT NOT NULL, PRIMARY KEY (id));
CREATE UNIQUE INDEX signing_key_name ON signing_key (name);

-- The last transaction that changed what device calls are judged by; nodes that remember devices compare it.
CREATE TABLE device_change (id BIGINT NOT NULL, last BIGINT NOT NULL, PRIMARY KEY (id));
INSERT INTO device_change (id, last) VALUES (1, 0);

-- The version of clients and token keys that tokens are judged by.
CREATE TABLE access_change (id BIGINT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (id));
INSERT INTO access_change (id, version) VALUES (1, 0);

-- The catalogue.

-- Makers of devices.
CREATE TABLE maker (id UUID NOT NULL, name TEXT NOT NULL, PRIMARY KEY (id));
CREATE UNIQUE INDEX maker_name ON maker (name);

-- Security profiles: what a customer consents to.
CREATE TABLE profile (id UUID NOT NULL, maker UUID NOT NULL, name TEXT NOT NULL, privacy_url TEXT, PRIMARY KEY (id));
CREATE UNIQUE INDEX profile_name ON profile (maker, name);

-- Clients of Login with Amazon: apps and clouds of a profile.
CREATE TABLE client (id UUID NOT NULL, profile UUID NOT NULL, kind TEXT NOT NULL, ordinal BIGINT NOT NULL,
  secret_hash BYTEA, redirect_uris TEXT NOT NULL, mode TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'enabled',
  generation BIGINT NOT NULL DEFAULT 0, former_secret_hash BYTEA, PRIMARY KEY (id));
CREATE UNIQUE INDEX client_of_profile ON client (profile, kind, ordinal);
CREATE INDEX client_restricted ON client (generation) WHERE generation > 0;

-- Device models.
CREATE TABLE model (id UUID NOT NULL, maker UUID NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL,
  composite UUID NOT NULL, live BOOLEAN NOT NULL, takeover TEXT NOT NULL, PRIMARY KEY (id));
CREATE UNIQUE INDEX model_code ON model (maker, code);
CREATE UNIQUE INDEX model_composite ON model (composite);

-- Versions of notifications that a model asks for, where they are not the default.
CREATE TABLE model_message (model UUID NOT NULL, kind TEXT NOT NULL, version TEXT NOT NULL, PRIMARY KEY (model, kind));

-- Slots of a model, and the products each accepts.
CREATE TABLE slot (model UUID NOT NULL, id TEXT NOT NULL, position BIGINT NOT NULL, name TEXT NOT NULL,
  unit TEXT NOT NULL, products TEXT NOT NULL, PRIMARY KEY (model, id));

-- Products.
CREATE TABLE product (asin TEXT NOT NULL, title TEXT NOT NULL, price_minor BIGINT NOT NULL, currency TEXT NOT NULL,
  quantity DOUBLE PRECISION NOT NULL, unit TEXT NOT NULL, available BOOLEAN NOT NULL, sku TEXT, PRIMARY KEY (asin));

-- Prices that changed, and how far their subscribers were mailed.
CREATE TABLE price_change (asin TEXT NOT NULL, before_minor BIGINT NOT NULL, before_currency TEXT NOT NULL,
  changed_at BIGINT NOT NULL, last_shard BIGINT NOT NULL, last_device UUID NOT NULL, last_slot TEXT NOT NULL,
  PRIMARY KEY (asin));
CREATE INDEX price_change_due ON price_change (changed_at);

-- What a seed file wrote last, by record: only what still is so may be changed by the next one.
CREATE TABLE seeded (shard BIGINT NOT NULL, kind TEXT NOT NULL, parent TEXT NOT NULL, id TEXT NOT NULL,
  record TEXT NOT NULL, PRIMARY KEY (shard, kind, parent, id));

-- Customers, their sessions and consents.

-- Accounts.
CREATE TABLE customer (shard BIGINT NOT NULL, id UUID NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL,
  password_hash TEXT NOT NULL, address TEXT, created_at BIGINT NOT NULL, language TEXT, password_at BIGINT,
  blocked_at BIGINT, generation BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (shard, id));

-- Accounts by their e-mail address, which may lie on another shard.
CREATE TABLE customer_email (shard BIGINT NOT NULL, email TEXT NOT NULL, customer UUID NOT NULL,
  PRIMARY KEY (shard, email));

-- Signed-in browsers, by the hash of their cookie.
CREATE TABLE session (shard BIGINT NOT NULL, id BYTEA NOT NULL, customer UUID NOT NULL, created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL, generation BIGINT NOT NULL, PRIMARY KEY (shard, id));
CREATE INDEX session_expiry ON session (expires_at);

-- What a customer grants to a profile, the generation of the grant, and refresh tokens that were used.
CREATE TABLE consent (shard BIGINT NOT NULL, customer UUID NOT NULL, profile UUID NOT NULL, scopes BIGINT NOT NULL,
  granted_at BIGINT NOT NULL, revoked TEXT NOT NULL, mark BIGINT, ending_at BIGINT, turns TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (shard, customer, profile));
CREATE INDEX consent_ending ON consent (ending_at) WHERE ending_at IS NOT NULL;

-- Set-ups under way.
CREATE TABLE signup (shard BIGINT NOT NULL, id BYTEA NOT NULL, session BYTEA NOT NULL, request TEXT NOT NULL,
  consented BOOLEAN NOT NULL, choices TEXT NOT NULL, expires_at BIGINT NOT NULL, mark BIGINT,
  finished BOOLEAN NOT NULL DEFAULT FALSE, PRIMARY KEY (shard, id));
CREATE INDEX signup_expiry ON signup (expires_at);

-- Authorization codes, by their hash.
CREATE TABLE code (shard BIGINT NOT NULL, hash BYTEA NOT NULL, device_shard BIGINT NOT NULL, device UUID,
  customer UUID NOT NULL, client UUID NOT NULL, redirect_uri TEXT NOT NULL, challenge TEXT, scopes BIGINT NOT NULL,
  family BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT, generation BIGINT NOT NULL,
  customer_generation BIGINT NOT NULL, PRIMARY KEY (shard, hash));
CREATE INDEX code_expiry ON code (expires_at);

-- Devices and their slots.

-- The present registration of a unit, by model and serial.
CREATE TABLE unit (shard BIGINT NOT NULL, model UUID NOT NULL, serial TEXT NOT NULL, device UUID NOT NULL,
  PRIMARY KEY (shard, model, serial));

-- Registrations; one ends with deregistration, and is kept.
CREATE TABLE device (shard BIGINT NOT NULL, id UUID NOT NULL, model UUID NOT NULL, serial TEXT NOT NULL,
  customer UUID NOT NULL, directed_customer TEXT NOT NULL, client UUID NOT NULL, test BOOLEAN NOT NULL,
  registered_at BIGINT NOT NULL, active_at BIGINT, deregistered_at BIGINT, revoked TEXT NOT NULL,
  turns TEXT NOT NULL DEFAULT '', suspended_at BIGINT, PRIMARY KEY (shard, id));
CREATE INDEX device_customer ON device (customer);

-- Set-ups of a unit that another customer has; on the unit's shard.
CREATE TABLE takeover (shard BIGINT NOT NULL, device UUID NOT NULL, customer UUID NOT NULL, state TEXT NOT NULL,
  answer_by BIGINT NOT NULL, successor UUID, consent BIGINT, PRIMARY KEY (shard, device, customer));
CREATE INDEX takeover_answer_by ON takeover (answer_by);

-- When a customer began takeovers of late; on the customer's shard.
CREATE TABLE takeover_count (shard BIGINT NOT NULL, customer UUID NOT NULL, attempts TEXT NOT NULL,
  PRIMARY KEY (shard, customer));

-- The product, the open order and the price agreed to, of each slot.
CREATE TABLE subscription (shard BIGINT NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL, asin TEXT,
  active BOOLEAN NOT NULL, open_order UUID, agreed_asin TEXT, agreed_minor BIGINT, agreed_currency TEXT,
  agreed_at BIGINT, PRIMARY KEY (shard, device, slot));
CREATE INDEX subscription_product ON subscription (asin, shard, device, slot) WHERE active;

-- A customer's rules for a slot.
CREATE TABLE rule (shard BIGINT NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL, rules TEXT NOT NULL,
  PRIMARY KEY (shard, device, slot));

-- Readings of slots.

-- Appended in the order of time. SQLite finds them by their rowid, PostgreSQL by an id that begins with the time.
CREATE TABLE reading (shard BIGINT NOT NULL, id UUID NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL,
  at BIGINT NOT NULL, remaining DOUBLE PRECISION NOT NULL, original DOUBLE PRECISION NOT NULL,
  on_hand DOUBLE PRECISION, expected_at BIGINT, last_use_at BIGINT, odd BOOLEAN NOT NULL, PRIMARY KEY (id, shard));

-- Readings of a day in one row, once the single ones are gone.
CREATE TABLE reading_day (shard BIGINT NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL, day BIGINT NOT NULL,
  count BIGINT NOT NULL, lowest DOUBLE PRECISION NOT NULL, highest DOUBLE PRECISION NOT NULL, last_at BIGINT NOT NULL,
  remaining DOUBLE PRECISION NOT NULL, original DOUBLE PRECISION NOT NULL, PRIMARY KEY (shard, device, slot, day));
CREATE INDEX reading_day_day ON reading_day (day);

-- Orders.

-- Orders, with whom and where they are for as it was when they were placed.
CREATE TABLE orders (shard BIGINT NOT NULL, id UUID NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL,
  asin TEXT NOT NULL, title TEXT NOT NULL, quantity DOUBLE PRECISION NOT NULL, unit TEXT NOT NULL,
  price_minor BIGINT NOT NULL, currency TEXT NOT NULL, test BOOLEAN NOT NULL, state TEXT NOT NULL, problem TEXT,
  opened_at BIGINT NOT NULL, window_ends_at BIGINT NOT NULL, expected_at BIGINT, due_at BIGINT, claimed_until BIGINT,
  approved_minor BIGINT, backend TEXT, reported BOOLEAN, placed_at BIGINT, tracking TEXT, held_for TEXT,
  named_device UUID, customer_name TEXT, customer_email TEXT, ship_to TEXT, shipping_minor BIGINT, tax_minor BIGINT,
  carrier TEXT, tracking_url TEXT, delivered_at BIGINT, cancelled_by TEXT, cancel_reason TEXT, resumes_at BIGINT,
  reminded BOOLEAN, PRIMARY KEY (shard, id));
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX orders_device ON orders (shard, device, id);
CREATE INDEX orders_open ON orders (id) WHERE state IN ('held', 'placed', 'fulfilling', 'shipped');
CREATE INDEX orders_held ON orders (problem) WHERE state = 'held';
CREATE INDEX orders_id ON orders (id);

-- Calls to a back end: what is wanted, and how far it is.
CREATE TABLE fulfilment (shard BIGINT NOT NULL, id UUID NOT NULL, wanted TEXT NOT NULL, tries BIGINT NOT NULL,
  due_at BIGINT, error TEXT, reference TEXT, begun_at BIGINT, PRIMARY KEY (shard, id));
CREATE INDEX fulfilment_due ON fulfilment (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX fulfilment_reference ON fulfilment (reference) WHERE reference IS NOT NULL;

-- Notifications.

-- Receivers of notifications. An address may hold a password or a key: it is sealed.
CREATE TABLE topic (id UUID NOT NULL, profile UUID NOT NULL, arn TEXT NOT NULL, state TEXT NOT NULL,
  signature TEXT NOT NULL, raw BOOLEAN NOT NULL, policy TEXT NOT NULL, subscription UUID NOT NULL,
  token BIGINT NOT NULL, token_ends_at BIGINT NOT NULL, secret BIGINT NOT NULL, secret_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL, sealed BYTEA NOT NULL, PRIMARY KEY (id));
CREATE UNIQUE INDEX topic_arn ON topic (arn);
CREATE UNIQUE INDEX topic_subscription ON topic (subscription);
CREATE INDEX topic_profile ON topic (profile);

-- Events, appended in the order of time.
CREATE TABLE outbox (shard BIGINT NOT NULL, id UUID NOT NULL, device UUID NOT NULL, at BIGINT NOT NULL,
  kind TEXT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (shard, id));
CREATE INDEX outbox_at ON outbox (at, id);

-- An event on its way to one receiver, or its end.
CREATE TABLE delivery (shard BIGINT NOT NULL, id UUID NOT NULL, topic UUID NOT NULL, device UUID, event UUID,
  kind TEXT NOT NULL, version TEXT NOT NULL, published_at BIGINT NOT NULL, state TEXT NOT NULL, due_at BIGINT,
  attempts BIGINT NOT NULL, round BIGINT NOT NULL, began_at BIGINT, ended_at BIGINT, reason TEXT,
  place BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (shard, id));
CREATE INDEX delivery_due ON delivery (topic, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX delivery_of_event ON delivery (event, shard, id);
CREATE INDEX delivery_in_line ON delivery (shard, topic, device, place, id) WHERE ended_at IS NULL;
CREATE INDEX delivery_dead ON delivery (id) WHERE state = 'dead' AND event IS NOT NULL;

-- Attempts at a delivery.
CREATE TABLE attempt (shard BIGINT NOT NULL, delivery UUID NOT NULL, number BIGINT NOT NULL, at BIGINT NOT NULL,
  took BIGINT NOT NULL, status BIGINT, problem TEXT, answer TEXT NOT NULL, PRIMARY KEY (shard, delivery, number));
CREATE INDEX attempt_at ON attempt (at);

-- Mail.

-- Mails to customers, appended in the order of time.
CREATE TABLE mail (shard BIGINT NOT NULL, id UUID NOT NULL, device UUID NOT NULL, customer UUID NOT NULL,
  at BIGINT NOT NULL, kind TEXT NOT NULL, news TEXT NOT NULL, state TEXT NOT NULL, due_at BIGINT,
  attempts BIGINT NOT NULL, ended_at BIGINT, reason TEXT, PRIMARY KEY (shard, id));
CREATE INDEX mail_due ON mail (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mail_dead ON mail (id) WHERE state = 'dead';
CREATE INDEX mail_ended ON mail (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX mail_id ON mail (id);

-- What a node remembers of devices in good standing holds as long as neither they, nor their slots, nor the tokens that are
-- refused changed. The database notes such a change by itself, so it is true whoever writes: another node, or a shell.
CREATE FUNCTION device_changed() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  -- Once a transaction: its number is its own.
  UPDATE device_change SET last = txid_current() WHERE id = 1 AND last <> txid_current();
  RETURN NULL;
END $$;
-- With the commit and not before, so that two transactions that end devices wait for each other only then.
CREATE CONSTRAINT TRIGGER device_changed AFTER UPDATE OF shard, id, model, deregistered_at, revoked, suspended_at ON device
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.shard, OLD.id, OLD.model, OLD.deregistered_at, OLD.revoked, OLD.suspended_at)
  IS DISTINCT FROM (NEW.shard, NEW.id, NEW.model, NEW.deregistered_at, NEW.revoked, NEW.suspended_at))
  EXECUTE FUNCTION device_changed();
CREATE CONSTRAINT TRIGGER device_removed AFTER DELETE ON device
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION device_changed();
CREATE CONSTRAINT TRIGGER slot_changed AFTER UPDATE OF model, id ON slot
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((OLD.model, OLD.id) IS DISTINCT FROM (NEW.model, NEW.id))
  EXECUTE FUNCTION device_changed();
CREATE CONSTRAINT TRIGGER slot_removed AFTER DELETE ON slot
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION device_changed();
CREATE CONSTRAINT TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON access_change
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION device_changed();
CREATE TRIGGER device_truncated AFTER TRUNCATE ON device FOR EACH STATEMENT EXECUTE FUNCTION device_changed();
CREATE TRIGGER slot_truncated AFTER TRUNCATE ON slot FOR EACH STATEMENT EXECUTE FUNCTION device_changed();
INSERT INTO migration (step) VALUES (1);
-- Accounts that customers create themselves.

-- When a session was used last, and the browser; NULL for sessions of the first release.
ALTER TABLE session ADD COLUMN used_at BIGINT;
ALTER TABLE session ADD COLUMN agent TEXT;
CREATE INDEX session_customer ON session (customer);

-- When an account is to be deleted, where its customer asked for that.
ALTER TABLE customer ADD COLUMN delete_at BIGINT;
CREATE INDEX customer_delete_at ON customer (delete_at) WHERE delete_at IS NOT NULL;

-- A mail about an account has a recipient in place of device and customer.
ALTER TABLE mail ADD COLUMN recipient TEXT;
ALTER TABLE mail ALTER COLUMN device DROP NOT NULL;
ALTER TABLE mail ALTER COLUMN customer DROP NOT NULL;
INSERT INTO migration (step) VALUES (2);
-- How full the slots are.

-- What a slot's readings of one day say of its level. The newest day is the present level.
CREATE TABLE level_day (shard BIGINT NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL, day BIGINT NOT NULL,
  lowest DOUBLE PRECISION NOT NULL, highest DOUBLE PRECISION NOT NULL, last_at BIGINT NOT NULL, last_reading UUID NOT NULL,
  remaining DOUBLE PRECISION NOT NULL, original DOUBLE PRECISION NOT NULL, on_hand DOUBLE PRECISION,
  PRIMARY KEY (shard, device, slot, day));
CREATE INDEX level_day_day ON level_day (day);

-- How far each pass over the readings has come: the last reading, and its place in the order of arrival (SQLite).
CREATE TABLE level_cursor (pass BIGINT NOT NULL, reading UUID NOT NULL, place BIGINT NOT NULL, PRIMARY KEY (pass));
INSERT INTO level_cursor (pass, reading, place) SELECT pass, '00000000-0000-0000-0000-000000000000', 0 FROM generate_series(1, 3) pass;
INSERT INTO migration (step) VALUES (3);
-- The second factor of a customer's sign-in: an authenticator app. Its secret is derived from the master key and the salt.
CREATE TABLE second_factor (shard BIGINT NOT NULL, customer UUID NOT NULL, salt UUID NOT NULL, since BIGINT NOT NULL,
  last_step BIGINT NOT NULL, PRIMARY KEY (shard, customer));

-- Recovery codes that were not used yet, each as an authentication code.
CREATE TABLE recovery_code (shard BIGINT NOT NULL, customer UUID NOT NULL, code BYTEA NOT NULL,
  PRIMARY KEY (shard, customer, code));
INSERT INTO migration (step) VALUES (4);
-- Brands of makers, and pictures.

-- What a maker's customers see on pages and in mails.
CREATE TABLE brand (maker UUID NOT NULL, logo TEXT, accent TEXT, privacy_url TEXT, terms_url TEXT, withdrawal_url TEXT,
  contact_url TEXT, imprint TEXT, sender_name TEXT, sender_address TEXT, reply_to TEXT, PRIMARY KEY (maker));

-- Pictures by the hash of their bytes. Whoever shows one names hash, format and size.
CREATE TABLE picture (hash BYTEA NOT NULL, format TEXT NOT NULL, bytes BYTEA NOT NULL, PRIMARY KEY (hash));
ALTER TABLE model ADD COLUMN picture TEXT;
ALTER TABLE product ADD COLUMN picture TEXT;
INSERT INTO migration (step) VALUES (5);
-- Exports of what is stored about a customer, and how long orders are kept.

-- The export of a customer, under way until ready_at. It can be downloaded until ends_at.
CREATE TABLE export (shard BIGINT NOT NULL, customer UUID NOT NULL, id UUID NOT NULL, requested_at BIGINT NOT NULL,
  place TEXT, step BIGINT NOT NULL, bytes BIGINT NOT NULL, due_at BIGINT, ready_at BIGINT, ends_at BIGINT NOT NULL,
  PRIMARY KEY (shard, customer));
CREATE INDEX export_due ON export (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX export_ends_at ON export (ends_at);

-- Its parts: records of one kind while it is under way, then the archive.
CREATE TABLE export_part (shard BIGINT NOT NULL, customer UUID NOT NULL, file TEXT NOT NULL, number BIGINT NOT NULL,
  content BYTEA NOT NULL, PRIMARY KEY (shard, customer, file, number));

-- The mails of a customer. A mail is entered once it was sent, so that the change that it is about takes no longer.
CREATE INDEX mail_customer ON mail (customer, id) WHERE ended_at IS NOT NULL AND customer IS NOT NULL;
CREATE INDEX mail_recipient ON mail (shard, (recipient::json ->> 'email'), id) WHERE recipient IS NOT NULL;

-- The notifications about a device, entered once they were sent.
CREATE INDEX delivery_of_device ON delivery (shard, device, id) WHERE ended_at IS NOT NULL AND device IS NOT NULL;

-- The takeovers that a customer began.
CREATE INDEX takeover_customer ON takeover (customer, device);

-- Ended orders, by the time in their ids: all of them, and those whose customer was deleted.
CREATE INDEX orders_ended ON orders (id) WHERE state IN ('delivered', 'cancelled', 'expired');
CREATE INDEX orders_without_person ON orders (id)
  WHERE state IN ('delivered', 'cancelled', 'expired') AND customer_email IS NULL;
INSERT INTO migration (step) VALUES (6);
-- Withdrawals from the contract, returns and refunds; when the steps of an order happened; what a price includes.

ALTER TABLE orders ADD COLUMN held_at BIGINT;
ALTER TABLE orders ADD COLUMN approved_at BIGINT;
ALTER TABLE orders ADD COLUMN shipped_at BIGINT;
ALTER TABLE orders ADD COLUMN ended_at BIGINT;
ALTER TABLE orders ADD COLUMN withdrawn_at BIGINT;
ALTER TABLE orders ADD COLUMN withdrawal_reason TEXT;
ALTER TABLE orders ADD COLUMN returned_at BIGINT;
ALTER TABLE orders ADD COLUMN refund_minor BIGINT;
ALTER TABLE orders ADD COLUMN refunded_at BIGINT;

-- Who made an order, where that is not its device.
ALTER TABLE orders ADD COLUMN ordered_by TEXT;

-- Orders whose customers wait for their money.
CREATE INDEX orders_withdrawn ON orders (id) WHERE withdrawn_at IS NOT NULL AND (refund_minor IS NULL OR refund_minor < price_minor);

-- What a price includes, and what a unit price is counted from. Quantities are in thousandths, rates in hundredths of a per cent.
ALTER TABLE product ADD COLUMN shipping_minor BIGINT;
ALTER TABLE product ADD COLUMN tax_rate BIGINT;
ALTER TABLE product ADD COLUMN unit_content BIGINT;
ALTER TABLE product ADD COLUMN unit_per BIGINT;
ALTER TABLE product ADD COLUMN unit_of TEXT;
ALTER TABLE orders ADD COLUMN stated_shipping BIGINT;
ALTER TABLE orders ADD COLUMN stated_tax_rate BIGINT;
INSERT INTO migration (step) VALUES (7);
-- Identities at a provider, each with the customer whom it signs in. The digest is keyed: it reveals no subject.
CREATE TABLE federated_identity (shard BIGINT NOT NULL, digest BYTEA NOT NULL, customer UUID NOT NULL,
  PRIMARY KEY (shard, digest));

-- The same from the customer's side: at most one identity.
CREATE TABLE customer_identity (shard BIGINT NOT NULL, customer UUID NOT NULL, identity_shard BIGINT NOT NULL,
  digest BYTEA NOT NULL, issuer TEXT NOT NULL, since BIGINT NOT NULL, PRIMARY KEY (shard, customer));
INSERT INTO migration (step) VALUES (8);
-- What customers state themselves.

-- The name that a customer gave to a device.
ALTER TABLE device ADD COLUMN name TEXT;

-- The time zone that a customer chose for pages and mails.
ALTER TABLE customer ADD COLUMN zone TEXT;

-- What a customer states of a slot: the day of a replacement, and the stock on hand, each with the time of the statement.
CREATE TABLE slot_statement (shard BIGINT NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL, replaced_on BIGINT,
  replaced_at BIGINT, stock BIGINT, stock_at BIGINT, PRIMARY KEY (shard, device, slot));
INSERT INTO migration (step) VALUES (9);
-- Translations of what makers declare.

-- A JSON text by key and language, such as {"names": {"de": "Wasserkrug"}}; nothing where there are none.
ALTER TABLE model ADD COLUMN translations TEXT;
ALTER TABLE slot ADD COLUMN translations TEXT;
ALTER TABLE product ADD COLUMN translations TEXT;
INSERT INTO migration (step) VALUES (10);
SET session_replication_role = replica;
DELETE FROM access_change;
INSERT INTO access_change SELECT * FROM jsonb_populate_record(NULL::access_change, '{"id": 1, "version": 0}');
DELETE FROM attempt;
DELETE FROM brand;
DELETE FROM client;
INSERT INTO client SELECT * FROM jsonb_populate_record(NULL::client, '{"id": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "kind": "web", "mode": "lwa", "state": "enabled", "ordinal": 1, "profile": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "generation": 0, "secret_hash": null, "redirect_uris": "[]", "former_secret_hash": null}');
DELETE FROM code;
DELETE FROM consent;
DELETE FROM customer;
INSERT INTO customer SELECT * FROM jsonb_populate_record(NULL::customer, '{"id": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "name": "Ann 1", "zone": null, "email": "ann+1@example.com", "shard": 0, "address": null, "language": null, "delete_at": null, "blocked_at": null, "created_at": 1520000000123457, "generation": 0, "password_at": null, "password_hash": "a hash"}');
DELETE FROM customer_email;
DELETE FROM customer_identity;
DELETE FROM delivery;
DELETE FROM derived_key;
DELETE FROM device;
INSERT INTO device SELECT * FROM jsonb_populate_record(NULL::device, '{"id": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "name": null, "test": false, "model": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "shard": 0, "turns": "", "client": "b6f57904-fb59-9432-4d7c-51987750056f", "serial": "unit", "revoked": "", "customer": "3d219ccf-82c5-e8a7-7227-880579a2d207", "active_at": null, "suspended_at": null, "registered_at": 1520000000123457, "deregistered_at": null, "directed_customer": "amzn1.account.A000000000000000000000000001"}');
DELETE FROM device_change;
INSERT INTO device_change SELECT * FROM jsonb_populate_record(NULL::device_change, '{"id": 1, "last": 0}');
DELETE FROM export;
DELETE FROM export_part;
DELETE FROM federated_identity;
DELETE FROM fulfilment;
DELETE FROM installation;
INSERT INTO installation SELECT * FROM jsonb_populate_record(NULL::installation, E'{"id": 1, "shards": 64, "created_at": 1520000000123457, "clock_offset": null, "master_check": "\\\\x0707070707070707070707070707070707070707070707070707070707070707", "clock_frozen_at": null}');
DELETE FROM level_cursor;
INSERT INTO level_cursor SELECT * FROM jsonb_populate_record(NULL::level_cursor, '{"pass": 1, "place": 0, "reading": "00000000-0000-0000-0000-000000000000"}');
INSERT INTO level_cursor SELECT * FROM jsonb_populate_record(NULL::level_cursor, '{"pass": 2, "place": 0, "reading": "00000000-0000-0000-0000-000000000000"}');
INSERT INTO level_cursor SELECT * FROM jsonb_populate_record(NULL::level_cursor, '{"pass": 3, "place": 0, "reading": "00000000-0000-0000-0000-000000000000"}');
DELETE FROM level_day;
DELETE FROM mail;
DELETE FROM maker;
INSERT INTO maker SELECT * FROM jsonb_populate_record(NULL::maker, '{"id": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "name": "maker 1"}');
DELETE FROM model;
INSERT INTO model SELECT * FROM jsonb_populate_record(NULL::model, '{"id": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "code": "Model-1+_", "live": true, "name": "model 1", "maker": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "picture": null, "takeover": "allow", "composite": "15adc333-ec04-2b11-ee89-d34eb7968e28", "translations": null}');
DELETE FROM model_message;
DELETE FROM orders;
INSERT INTO orders SELECT * FROM jsonb_populate_record(NULL::orders, '{"id": "00000000-0000-0001-6e78-9e6aa1b965f4", "asin": "B000000001", "slot": "filter", "test": false, "unit": "count", "shard": 0, "state": "placed", "title": "Filter", "device": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "due_at": null, "backend": "simulated", "carrier": null, "held_at": null, "problem": null, "ship_to": null, "currency": "JPY", "ended_at": null, "held_for": null, "quantity": 2.5, "reminded": null, "reported": false, "tracking": null, "opened_at": 1520000000123457, "placed_at": null, "tax_minor": null, "ordered_by": null, "resumes_at": null, "shipped_at": null, "approved_at": null, "expected_at": null, "price_minor": 1200, "refunded_at": null, "returned_at": null, "cancelled_by": null, "delivered_at": null, "named_device": null, "refund_minor": null, "tracking_url": null, "withdrawn_at": null, "cancel_reason": null, "claimed_until": null, "customer_name": null, "approved_minor": null, "customer_email": null, "shipping_minor": null, "window_ends_at": 1520000000123557, "stated_shipping": null, "stated_tax_rate": null, "withdrawal_reason": null}');
DELETE FROM outbox;
DELETE FROM picture;
DELETE FROM price_change;
DELETE FROM product;
INSERT INTO product SELECT * FROM jsonb_populate_record(NULL::product, '{"sku": null, "asin": "B000000001", "unit": "lbs", "title": "product 1", "picture": null, "unit_of": null, "currency": "USD", "quantity": 12.5, "tax_rate": null, "unit_per": null, "available": true, "price_minor": 2499, "translations": null, "unit_content": null, "shipping_minor": null}');
DELETE FROM profile;
INSERT INTO profile SELECT * FROM jsonb_populate_record(NULL::profile, '{"id": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "name": "profile 1", "maker": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "privacy_url": null}');
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
INSERT INTO slot SELECT * FROM jsonb_populate_record(NULL::slot, '{"id": "filter", "name": "the filter", "unit": "count", "model": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "position": 0, "products": "[]", "translations": null}');
DELETE FROM slot_statement;
DELETE FROM subscription;
DELETE FROM takeover;
DELETE FROM takeover_count;
DELETE FROM token_key;
INSERT INTO token_key SELECT * FROM jsonb_populate_record(NULL::token_key, '{"id": 1, "created_at": 1520000000123457, "retired_at": null}');
DELETE FROM topic;
INSERT INTO topic SELECT * FROM jsonb_populate_record(NULL::topic, E'{"id": "00000000-0000-0001-6e78-9e6aa1b965f4", "arn": "arn:aws:sns:drs-local-1:123456789012:topic-1", "raw": false, "state": "confirmed", "token": 1, "policy": "sns", "sealed": "\\\\x7365616c6564", "secret": 1, "profile": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "secret_at": 1520000000123457, "signature": "1", "created_at": 1520000000123457, "subscription": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "token_ends_at": 1520000000123466}');
DELETE FROM unit;
INSERT INTO unit SELECT * FROM jsonb_populate_record(NULL::unit, '{"model": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "shard": 0, "device": "6e789e6a-a1b9-65f4-3365-03c6b835bec0", "serial": "unit"}');
