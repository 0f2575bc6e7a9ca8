-- For which reason the customer was told last that an order is held: each is told of once.
ALTER TABLE orders ADD COLUMN held_for TEXT;
