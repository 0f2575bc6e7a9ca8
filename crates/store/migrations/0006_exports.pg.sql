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
