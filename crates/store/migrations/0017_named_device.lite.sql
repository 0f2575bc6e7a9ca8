-- The registration that an order's `eventInstanceId` names, once the order moved to the next registration of its unit.
ALTER TABLE orders ADD COLUMN named_device BLOB;
