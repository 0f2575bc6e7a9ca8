-- The price that a customer agreed to for the product chosen, and when. Older rows get the price that the slot's rules
-- name, or else the present price of the catalogue.
ALTER TABLE subscription ADD COLUMN agreed_asin TEXT;
ALTER TABLE subscription ADD COLUMN agreed_minor INTEGER;
ALTER TABLE subscription ADD COLUMN agreed_currency TEXT;
ALTER TABLE subscription ADD COLUMN agreed_at INTEGER;
UPDATE subscription SET (agreed_asin, agreed_minor, agreed_currency) =
  (SELECT p.asin, p.price_minor, p.currency FROM product p WHERE p.asin = subscription.asin) WHERE asin IS NOT NULL;
UPDATE subscription SET (agreed_asin, agreed_minor, agreed_currency) =
  (SELECT subscription.asin, json_extract(r.rules, '$.agreed.minor'), json_extract(r.rules, '$.agreed.currency') FROM rule r
    WHERE r.shard = subscription.shard AND r.device = subscription.device AND r.slot = subscription.slot)
  WHERE asin IS NOT NULL AND EXISTS (SELECT 1 FROM rule r WHERE r.shard = subscription.shard AND r.device = subscription.device
    AND r.slot = subscription.slot AND json_extract(r.rules, '$.agreed.minor') IS NOT NULL);

-- Price changes whose customers are still to be notified: the price before, and the last slot that was processed.
CREATE TABLE price_change (asin TEXT NOT NULL, before_minor INTEGER NOT NULL, before_currency TEXT NOT NULL, changed_at INTEGER NOT NULL,
  last_shard INTEGER NOT NULL, last_device BLOB NOT NULL, last_slot TEXT NOT NULL, PRIMARY KEY (asin)) STRICT, WITHOUT ROWID;
CREATE INDEX price_change_due ON price_change (changed_at);
CREATE INDEX subscription_product ON subscription (asin, shard, device, slot) WHERE active;
