-- Accounts that customers create themselves.

-- When a session was used last, and the browser; NULL for sessions of the first release.
ALTER TABLE session ADD COLUMN used_at BIGINT;
ALTER TABLE session ADD COLUMN agent TEXT;
CREATE INDEX session_customer ON session (customer);

-- A mail about an account has a recipient in place of device and customer.
ALTER TABLE mail ADD COLUMN recipient TEXT;
ALTER TABLE mail ALTER COLUMN device DROP NOT NULL;
ALTER TABLE mail ALTER COLUMN customer DROP NOT NULL;
