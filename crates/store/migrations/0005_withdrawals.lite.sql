-- Withdrawals from the contract, returns and refunds, and when the steps of an order happened.

ALTER TABLE orders ADD COLUMN held_at INTEGER;
ALTER TABLE orders ADD COLUMN approved_at INTEGER;
ALTER TABLE orders ADD COLUMN shipped_at INTEGER;
ALTER TABLE orders ADD COLUMN ended_at INTEGER;
ALTER TABLE orders ADD COLUMN withdrawn_at INTEGER;
ALTER TABLE orders ADD COLUMN withdrawal_reason TEXT;
ALTER TABLE orders ADD COLUMN returned_at INTEGER;
ALTER TABLE orders ADD COLUMN refund_minor INTEGER;
ALTER TABLE orders ADD COLUMN refunded_at INTEGER;

-- Who made an order, where that is not its device.
ALTER TABLE orders ADD COLUMN ordered_by TEXT;

-- Orders whose customers wait for their money.
CREATE INDEX orders_withdrawn ON orders (id) WHERE withdrawn_at IS NOT NULL AND refunded_at IS NULL;
