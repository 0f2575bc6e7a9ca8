-- Translations of what makers declare.

-- A JSON text by key and language, such as {"names": {"de": "Wasserkrug"}}; nothing where there are none.
ALTER TABLE model ADD COLUMN translations TEXT;
ALTER TABLE slot ADD COLUMN translations TEXT;
ALTER TABLE product ADD COLUMN translations TEXT;
