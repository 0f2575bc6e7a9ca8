-- The customer's rules for a slot, as JSON, and their word for one order.
CREATE TABLE rule (shard INTEGER NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL, rules TEXT NOT NULL,
  PRIMARY KEY (shard, device, slot)) STRICT, WITHOUT ROWID;
ALTER TABLE orders ADD COLUMN approved_minor INTEGER;
