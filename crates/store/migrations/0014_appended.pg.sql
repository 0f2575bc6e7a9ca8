-- Readings in the order of time: one end of an index instead of one a shard. Until this is done, writes wait; it takes about
-- a second for a million readings. Where that is too long, make the index beforehand, beside the nodes that run:
--   CREATE UNIQUE INDEX CONCURRENTLY reading_by_id ON reading (id, shard)
CREATE UNIQUE INDEX IF NOT EXISTS reading_by_id ON reading (id, shard);
ALTER TABLE reading DROP CONSTRAINT reading_pkey;
ALTER TABLE reading ADD CONSTRAINT reading_pkey PRIMARY KEY USING INDEX reading_by_id;
