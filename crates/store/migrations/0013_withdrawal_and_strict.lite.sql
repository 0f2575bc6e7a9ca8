-- What the token families of a consent must bear once it was withdrawn, and since when its devices wait to be removed.
ALTER TABLE consent ADD COLUMN mark INTEGER;
ALTER TABLE consent ADD COLUMN ending_at INTEGER;
CREATE INDEX consent_ending ON consent (ending_at) WHERE ending_at IS NOT NULL;
-- The mark of the consent that a sign-up was begun with.
ALTER TABLE signup ADD COLUMN mark INTEGER;
-- Which rules a client lives by, and where the refresh tokens of strict ones stand.
ALTER TABLE client ADD COLUMN mode TEXT NOT NULL DEFAULT 'lwa';
ALTER TABLE device ADD COLUMN turns TEXT NOT NULL DEFAULT '';
ALTER TABLE consent ADD COLUMN turns TEXT NOT NULL DEFAULT '';
