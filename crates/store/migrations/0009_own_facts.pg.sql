-- What customers state themselves.

-- The name that a customer gave to a device.
ALTER TABLE device ADD COLUMN name TEXT;
