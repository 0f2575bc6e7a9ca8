-- An order as it was when it was placed: who it is for and where it goes, which can be erased with its customer.
ALTER TABLE orders ADD COLUMN customer_name TEXT;
ALTER TABLE orders ADD COLUMN customer_email TEXT;
ALTER TABLE orders ADD COLUMN ship_to TEXT;
-- What of its price is shipping and tax, where the back end has said so.
ALTER TABLE orders ADD COLUMN shipping_minor INTEGER;
ALTER TABLE orders ADD COLUMN tax_minor INTEGER;
-- How its parcel is followed, beside the carrier's number, and when it arrived.
ALTER TABLE orders ADD COLUMN carrier TEXT;
ALTER TABLE orders ADD COLUMN tracking_url TEXT;
ALTER TABLE orders ADD COLUMN delivered_at INTEGER;
-- Who cancelled it, and why.
ALTER TABLE orders ADD COLUMN cancelled_by TEXT;
ALTER TABLE orders ADD COLUMN cancel_reason TEXT;
-- While it is held: when its owner's pause ends, and whether they were reminded.
ALTER TABLE orders ADD COLUMN resumes_at INTEGER;
ALTER TABLE orders ADD COLUMN reminded INTEGER;
