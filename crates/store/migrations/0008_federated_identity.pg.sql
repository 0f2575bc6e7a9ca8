-- Identities at a provider, each with the customer whom it signs in. The digest is keyed: it reveals no subject.
CREATE TABLE federated_identity (shard BIGINT NOT NULL, digest BYTEA NOT NULL, customer UUID NOT NULL,
  PRIMARY KEY (shard, digest));

-- The same from the customer's side: at most one identity.
CREATE TABLE customer_identity (shard BIGINT NOT NULL, customer UUID NOT NULL, identity_shard BIGINT NOT NULL,
  digest BYTEA NOT NULL, issuer TEXT NOT NULL, since BIGINT NOT NULL, PRIMARY KEY (shard, customer));
