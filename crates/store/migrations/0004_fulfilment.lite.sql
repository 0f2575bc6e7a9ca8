-- The customer's rules for a slot, as JSON, and their word for one order.
CREATE TABLE rule (shard INTEGER NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL, rules TEXT NOT NULL,
  PRIMARY KEY (shard, device, slot)) STRICT, WITHOUT ROWID;
ALTER TABLE orders ADD COLUMN approved_minor INTEGER;

-- Who fulfils an order, and what they said. An order from before has the clock.
ALTER TABLE orders ADD COLUMN backend TEXT;
ALTER TABLE orders ADD COLUMN reported INTEGER;
ALTER TABLE orders ADD COLUMN placed_at INTEGER;
ALTER TABLE orders ADD COLUMN tracking TEXT;
CREATE INDEX orders_id ON orders (id);
CREATE INDEX orders_open ON orders (id) WHERE state IN ('held', 'placed', 'fulfilling', 'shipped');
