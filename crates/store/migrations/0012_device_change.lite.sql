-- What PostgreSQL needs to know of devices that were ended; here a row is read faster than anything is known of it.
CREATE TABLE device_change (id INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID;
