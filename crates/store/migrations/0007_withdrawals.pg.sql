-- Withdrawals from the contract, returns and refunds; when the steps of an order happened; what a price includes.

ALTER TABLE orders ADD COLUMN held_at BIGINT;
ALTER TABLE orders ADD COLUMN approved_at BIGINT;
ALTER TABLE orders ADD COLUMN shipped_at BIGINT;
ALTER TABLE orders ADD COLUMN ended_at BIGINT;
ALTER TABLE orders ADD COLUMN withdrawn_at BIGINT;
ALTER TABLE orders ADD COLUMN withdrawal_reason TEXT;
ALTER TABLE orders ADD COLUMN returned_at BIGINT;
ALTER TABLE orders ADD COLUMN refund_minor BIGINT;
ALTER TABLE orders ADD COLUMN refunded_at BIGINT;

-- Who made an order, where that is not its device.
ALTER TABLE orders ADD COLUMN ordered_by TEXT;

-- Orders whose customers wait for their money.
CREATE INDEX orders_withdrawn ON orders (id) WHERE withdrawn_at IS NOT NULL AND (refund_minor IS NULL OR refund_minor < price_minor);

-- What a price includes, and what a unit price is counted from. Quantities are in thousandths, rates in hundredths of a per cent.
ALTER TABLE product ADD COLUMN shipping_minor BIGINT;
ALTER TABLE product ADD COLUMN tax_rate BIGINT;
ALTER TABLE product ADD COLUMN unit_content BIGINT;
ALTER TABLE product ADD COLUMN unit_per BIGINT;
ALTER TABLE product ADD COLUMN unit_of TEXT;
ALTER TABLE orders ADD COLUMN stated_shipping BIGINT;
ALTER TABLE orders ADD COLUMN stated_tax_rate BIGINT;
