-- What seeds wrote, as digests: a value that differs from its digest was set by somebody else since.
CREATE TABLE seeded (shard BIGINT NOT NULL, kind TEXT NOT NULL, parent TEXT NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL,
  PRIMARY KEY (shard, kind, parent, id));
