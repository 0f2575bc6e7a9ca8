-- What customers state themselves.

-- The name that a customer gave to a device.
ALTER TABLE device ADD COLUMN name TEXT;

-- The time zone that a customer chose for pages and mails.
ALTER TABLE customer ADD COLUMN zone TEXT;
