-- Mail to customers, on its way and kept for a while.

CREATE TABLE mail (shard BIGINT NOT NULL, id UUID NOT NULL, device UUID NOT NULL, customer UUID NOT NULL, at BIGINT NOT NULL,
  kind TEXT NOT NULL, news TEXT NOT NULL, state TEXT NOT NULL, due_at BIGINT, attempts BIGINT NOT NULL, ended_at BIGINT,
  reason TEXT, PRIMARY KEY (shard, id));
CREATE INDEX mail_id ON mail (id);
CREATE INDEX mail_due ON mail (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mail_ended ON mail (ended_at) WHERE ended_at IS NOT NULL;
