-- Orders that are held, by what holds them: counted for whoever watches.
CREATE INDEX orders_held ON orders (problem) WHERE state = 'held';
