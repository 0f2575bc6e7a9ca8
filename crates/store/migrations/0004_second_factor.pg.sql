-- The second factor of a customer's sign-in: an authenticator app. Its secret is derived from the master key and the salt.
CREATE TABLE second_factor (shard BIGINT NOT NULL, customer UUID NOT NULL, salt UUID NOT NULL, since BIGINT NOT NULL,
  last_step BIGINT NOT NULL, PRIMARY KEY (shard, customer));

-- Recovery codes that were not used yet, each as an authentication code.
CREATE TABLE recovery_code (shard BIGINT NOT NULL, customer UUID NOT NULL, code BYTEA NOT NULL,
  PRIMARY KEY (shard, customer, code));
