-- A sign-up that is finished is kept until it would have ended: its last button may be pressed twice.
ALTER TABLE signup ADD COLUMN finished INTEGER NOT NULL DEFAULT 0;
-- When a customer's password was changed: sign-ins, and refresh tokens of strict clients, from before are good no more.
ALTER TABLE customer ADD COLUMN password_at INTEGER;
