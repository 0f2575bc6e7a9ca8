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

-- What a back end that is called has to be asked for, and when next; without a time it has answered.
CREATE TABLE fulfilment (shard BIGINT NOT NULL, id UUID NOT NULL, wanted TEXT NOT NULL, tries BIGINT NOT NULL, due_at BIGINT, error TEXT,
  PRIMARY KEY (shard, id));
CREATE INDEX fulfilment_due ON fulfilment (due_at) WHERE due_at IS NOT NULL;
