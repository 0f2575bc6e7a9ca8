-- In which language a customer is written to: a tag such as de. NULL until they sign in for the first time.
ALTER TABLE customer ADD COLUMN language TEXT;
