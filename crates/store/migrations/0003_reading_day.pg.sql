-- What is left of readings after their time: a row a device, slot and day (UTC, counted from 1970-01-01).

CREATE TABLE reading_day (shard BIGINT NOT NULL, device UUID NOT NULL, slot TEXT NOT NULL, day BIGINT NOT NULL, count BIGINT NOT NULL,
  lowest DOUBLE PRECISION NOT NULL, highest DOUBLE PRECISION NOT NULL, last_at BIGINT NOT NULL, remaining DOUBLE PRECISION NOT NULL, original DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (shard, device, slot, day));
CREATE INDEX reading_day_day ON reading_day (day);
