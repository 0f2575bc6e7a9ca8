-- What a maker says of units that another customer sets up.
ALTER TABLE model ADD COLUMN takeover TEXT NOT NULL DEFAULT 'allow';
-- Who takes over which registration; on the unit's shard.
CREATE TABLE takeover (shard BIGINT NOT NULL, device UUID NOT NULL, customer UUID NOT NULL, state TEXT NOT NULL, answer_by BIGINT NOT NULL,
  successor UUID, consent BIGINT, PRIMARY KEY (shard, device, customer));
CREATE INDEX takeover_answer_by ON takeover (answer_by);
-- When customers set up others' units of late; on the customer's shard.
CREATE TABLE takeover_count (shard BIGINT NOT NULL, customer UUID NOT NULL, attempts TEXT NOT NULL, PRIMARY KEY (shard, customer));
