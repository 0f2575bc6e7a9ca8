-- To a planner without statistics a shard is one row, and an index that begins with the shard as good as the primary key.
-- One that begins with the event is never mistaken for it.
CREATE INDEX delivery_of_event ON delivery (event, shard, id);
DROP INDEX delivery_event;
