-- Brands of makers, and pictures.

-- What a maker's customers see on pages and in mails.
CREATE TABLE brand (maker UUID NOT NULL, logo TEXT, accent TEXT, privacy_url TEXT, terms_url TEXT, withdrawal_url TEXT,
  contact_url TEXT, imprint TEXT, sender_name TEXT, sender_address TEXT, reply_to TEXT, PRIMARY KEY (maker));

-- Pictures by the hash of their bytes. Whoever shows one names hash, format and size.
CREATE TABLE picture (hash BYTEA NOT NULL, format TEXT NOT NULL, bytes BYTEA NOT NULL, PRIMARY KEY (hash));
ALTER TABLE model ADD COLUMN picture TEXT;
ALTER TABLE product ADD COLUMN picture TEXT;
