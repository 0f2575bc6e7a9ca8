-- What a back end calls an order, so that it can be looked for there and hinted at from there.
ALTER TABLE fulfilment ADD COLUMN reference TEXT;
CREATE INDEX fulfilment_reference ON fulfilment (reference) WHERE reference IS NOT NULL;
