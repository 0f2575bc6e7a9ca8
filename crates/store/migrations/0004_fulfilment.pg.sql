-- The customer's rules for a slot, as JSON, and their word for one order.
CREATE TABLE rule (shard BIGINT NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL, rules TEXT NOT NULL,
  PRIMARY KEY (shard, device, slot));
ALTER TABLE orders ADD COLUMN approved_minor BIGINT;
