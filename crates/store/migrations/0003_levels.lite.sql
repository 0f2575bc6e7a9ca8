-- How full the slots are.

-- What a slot's readings of one day say of its level. The newest day is the present level.
CREATE TABLE level_day (shard INTEGER NOT NULL, device BLOB NOT NULL, slot TEXT NOT NULL, day INTEGER NOT NULL,
  lowest REAL NOT NULL, highest REAL NOT NULL, last_at INTEGER NOT NULL, last_reading BLOB NOT NULL,
  remaining REAL NOT NULL, original REAL NOT NULL, on_hand REAL, PRIMARY KEY (shard, device, slot, day)) STRICT, WITHOUT ROWID;
CREATE INDEX level_day_day ON level_day (day);

-- How far each pass over the readings has come: the last reading, and its place in the order of arrival (SQLite).
CREATE TABLE level_cursor (pass INTEGER NOT NULL, reading BLOB NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (pass)) STRICT, WITHOUT ROWID;
INSERT INTO level_cursor (pass, reading, place) VALUES (1, zeroblob(16), 0), (2, zeroblob(16), 0), (3, zeroblob(16), 0);
