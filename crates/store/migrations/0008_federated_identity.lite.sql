-- Identities at a provider, each with the customer whom it signs in. The digest is keyed: it reveals no subject.
CREATE TABLE federated_identity (shard INTEGER NOT NULL, digest BLOB NOT NULL, customer BLOB NOT NULL,
  PRIMARY KEY (shard, digest)) STRICT, WITHOUT ROWID;

-- The same from the customer's side: at most one identity.
CREATE TABLE customer_identity (shard INTEGER NOT NULL, customer BLOB NOT NULL, identity_shard INTEGER NOT NULL,
  digest BLOB NOT NULL, issuer TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (shard, customer)) STRICT, WITHOUT ROWID;
