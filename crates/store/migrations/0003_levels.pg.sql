-- How full the slots are.

-- What a slot's readings of one day say of its level. The newest day is the present level.
CREATE TABLE level_day (shard BIGINT NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL, day BIGINT NOT NULL,
  lowest DOUBLE PRECISION NOT NULL, highest DOUBLE PRECISION NOT NULL, last_at BIGINT NOT NULL, last_reading UUID NOT NULL,
  remaining DOUBLE PRECISION NOT NULL, original DOUBLE PRECISION NOT NULL, on_hand DOUBLE PRECISION,
  PRIMARY KEY (shard, device, slot, day));
CREATE INDEX level_day_day ON level_day (day);

-- How far each pass over the readings has come: the last reading, and its place in the order of arrival (SQLite).
CREATE TABLE level_cursor (pass BIGINT NOT NULL, reading UUID NOT NULL, place BIGINT NOT NULL, PRIMARY KEY (pass));
INSERT INTO level_cursor (pass, reading, place) SELECT pass, '00000000-0000-0000-0000-000000000000', 0 FROM generate_series(1, 3) pass;
