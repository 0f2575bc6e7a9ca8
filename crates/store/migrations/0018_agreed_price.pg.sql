-- The price that a customer agreed to for the product chosen, and when. Older rows get the price that the slot's rules
-- name, or else the present price of the catalogue.
ALTER TABLE subscription ADD COLUMN agreed_asin TEXT;
ALTER TABLE subscription ADD COLUMN agreed_minor BIGINT;
ALTER TABLE subscription ADD COLUMN agreed_currency TEXT;
ALTER TABLE subscription ADD COLUMN agreed_at BIGINT;
UPDATE subscription SET agreed_asin = p.asin, agreed_minor = p.price_minor, agreed_currency = p.currency
  FROM product p WHERE p.asin = subscription.asin;
UPDATE subscription SET agreed_asin = subscription.asin, agreed_minor = (r.rules::json #>> '{agreed,minor}')::bigint,
  agreed_currency = r.rules::json #>> '{agreed,currency}' FROM rule r
  WHERE r.shard = subscription.shard AND r.device = subscription.device AND r.slot = subscription.slot
    AND subscription.asin IS NOT NULL AND r.rules::json #>> '{agreed,minor}' IS NOT NULL;

-- Price changes whose customers are still to be notified: the price before, and the last slot that was processed.
CREATE TABLE price_change (asin TEXT NOT NULL, before_minor BIGINT NOT NULL, before_currency TEXT NOT NULL, changed_at BIGINT NOT NULL,
  last_shard BIGINT NOT NULL, last_device UUID NOT NULL, last_slot TEXT NOT NULL, PRIMARY KEY (asin));
CREATE INDEX price_change_due ON price_change (changed_at);
CREATE INDEX subscription_product ON subscription (asin, shard, device, slot) WHERE active;
