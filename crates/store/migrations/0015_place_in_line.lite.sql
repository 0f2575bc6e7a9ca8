-- Where a message stands in its device's line, so that the line does not follow the clocks of nodes. What a node of the
-- release before writes is first in it.
ALTER TABLE delivery ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
CREATE INDEX delivery_in_line ON delivery (shard, topic, device, place, id) WHERE ended_at IS NULL;
-- A server of the release before may still run beside a command of this one, and names delivery_line: it goes with a later step.
