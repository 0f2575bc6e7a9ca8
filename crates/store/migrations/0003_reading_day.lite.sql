-- What is left of readings after their time: a row a device, slot and day (UTC, counted from 1970-01-01).

CREATE TABLE reading_day (shard INTEGER NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL, day INTEGER NOT NULL, count INTEGER NOT NULL,
  lowest REAL NOT NULL, highest REAL NOT NULL, last_at INTEGER NOT NULL, remaining REAL NOT NULL, original REAL NOT NULL,
  PRIMARY KEY (shard, device, slot, day)) STRICT, WITHOUT ROWID;
CREATE INDEX reading_day_day ON reading_day (day);
