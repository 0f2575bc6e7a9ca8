-- What customers state themselves.

-- The name that a customer gave to a device.
ALTER TABLE device ADD COLUMN name TEXT;

-- The time zone that a customer chose for pages and mails.
ALTER TABLE customer ADD COLUMN zone TEXT;

-- What a customer states of a slot: the day of a replacement, and the stock on hand, each with the time of the statement.
CREATE TABLE slot_statement (shard BIGINT NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL, replaced_on BIGINT,
  replaced_at BIGINT, stock BIGINT, stock_at BIGINT, PRIMARY KEY (shard, device, slot));
