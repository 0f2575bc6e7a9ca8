-- Mail to customers, on its way and kept for a while.

CREATE TABLE mail (shard INTEGER NOT NULL, id BLOB NOT NULL, device BLOB NOT NULL, customer BLOB NOT NULL, at INTEGER NOT NULL,
  kind TEXT NOT NULL, news TEXT NOT NULL, state TEXT NOT NULL, due_at INTEGER, attempts INTEGER NOT NULL, ended_at INTEGER,
  reason TEXT, PRIMARY KEY (shard, id)) STRICT, WITHOUT ROWID;
CREATE INDEX mail_id ON mail (id);
CREATE INDEX mail_due ON mail (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mail_ended ON mail (ended_at) WHERE ended_at IS NOT NULL;
