-- Accounts that customers create themselves.

-- When a session was used last, and the browser; NULL for sessions of the first release.
ALTER TABLE session ADD COLUMN used_at BIGINT;
ALTER TABLE session ADD COLUMN agent TEXT;
CREATE INDEX session_customer ON session (customer);

-- When an account is to be deleted, where its customer asked for that.
ALTER TABLE customer ADD COLUMN delete_at BIGINT;
CREATE INDEX customer_delete_at ON customer (delete_at) WHERE delete_at IS NOT NULL;

-- A mail about an account has a recipient in place of device and customer.
ALTER TABLE mail ADD COLUMN recipient TEXT;
ALTER TABLE mail ALTER COLUMN device DROP NOT NULL;
ALTER TABLE mail ALTER COLUMN customer DROP NOT NULL;
