-- The second factor of a customer's sign-in: an authenticator app. Its secret is derived from the master key and the salt.
CREATE TABLE second_factor (shard INTEGER NOT NULL, customer BLOB NOT NULL, salt BLOB NOT NULL, since INTEGER NOT NULL,
  last_step INTEGER NOT NULL, PRIMARY KEY (shard, customer)) STRICT, WITHOUT ROWID;

-- Recovery codes that were not used yet, each as an authentication code.
CREATE TABLE recovery_code (shard INTEGER NOT NULL, customer BLOB NOT NULL, code BLOB NOT NULL,
  PRIMARY KEY (shard, customer, code)) STRICT, WITHOUT ROWID;
