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

-- What a back end that is called has to be asked for, and when next; without a time it has answered.
CREATE TABLE fulfilment (shard INTEGER NOT NULL, id BLOB NOT NULL, wanted TEXT NOT NULL, tries INTEGER NOT NULL, due_at INTEGER, error TEXT,
  PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE INDEX fulfilment_due ON fulfilment (due_at) WHERE due_at IS NOT NULL;
