-- What a maker says of units that another customer sets up.
ALTER TABLE model ADD COLUMN takeover TEXT NOT NULL DEFAULT 'allow';
-- Who takes over which registration; on the unit's shard.
CREATE TABLE takeover (shard INTEGER NOT NULL, device BLOB NOT NULL, customer BLOB NOT NULL, state TEXT NOT NULL, answer_by INTEGER NOT NULL,
  successor BLOB, consent INTEGER, PRIMARY KEY (shard, device, customer)) STRICT, WITHOUT ROWID;
CREATE INDEX takeover_answer_by ON takeover (answer_by);
-- When customers set up others' units of late; on the customer's shard.
CREATE TABLE takeover_count (shard INTEGER NOT NULL, customer BLOB NOT NULL, attempts TEXT NOT NULL, PRIMARY KEY (shard, customer)) STRICT, WITHOUT ROWID;
