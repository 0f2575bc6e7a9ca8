-- What was given up, for whoever lists it or sends it again: few rows, found without those that went well.
CREATE INDEX delivery_dead ON delivery (id) WHERE state = 'dead' AND event IS NOT NULL;
CREATE INDEX mail_dead ON mail (id) WHERE state = 'dead';
