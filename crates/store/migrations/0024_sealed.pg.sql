-- Receivers' addresses, which may hold passwords and keys, sealed with a key that is not in the store. What the release
-- before writes into `endpoint` is sealed by a node of this one. Where nothing is left there, a node of the release before
-- cannot read the row: it sends that receiver nothing, and the nodes of this release do.
ALTER TABLE topic ALTER COLUMN endpoint DROP NOT NULL;
ALTER TABLE topic ADD COLUMN sealed BYTEA;
CREATE INDEX topic_plain ON topic (id) WHERE endpoint IS NOT NULL;

-- Keys that an earlier master key made and that are still in use, sealed with a key of the present one.
CREATE TABLE derived_key (purpose TEXT NOT NULL, number BIGINT NOT NULL, sealed BYTEA NOT NULL, ends_at BIGINT, PRIMARY KEY (purpose, number));
