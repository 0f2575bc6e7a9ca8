-- What shops call a product, where that is not its ASIN.
ALTER TABLE product ADD COLUMN sku TEXT;
-- When a back end was first asked to begin an order whose answer was never heard, by the world's clock.
ALTER TABLE fulfilment ADD COLUMN begun_at BIGINT;
