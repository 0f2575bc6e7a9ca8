-- The customer's rules for a slot, as JSON, and their word for one order.
CREATE TABLE rule (shard BIGINT NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL, rules TEXT NOT NULL,
  PRIMARY KEY (shard, device, slot));
ALTER TABLE orders ADD COLUMN approved_minor BIGINT;

-- Who fulfils an order, and what they said. An order from before has the clock.
ALTER TABLE orders ADD COLUMN backend TEXT;
ALTER TABLE orders ADD COLUMN reported BOOLEAN;
ALTER TABLE orders ADD COLUMN placed_at BIGINT;
ALTER TABLE orders ADD COLUMN tracking TEXT;
CREATE INDEX orders_id ON orders (id);
CREATE INDEX orders_open ON orders (id) WHERE state IN ('held', 'placed', 'fulfilling', 'shipped');
