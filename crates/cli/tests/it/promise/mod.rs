//! Promises that no list of examples shows: histories of many at once have an order in which they make sense, and random
//! sequences of calls agree with a plain model in memory. On either engine.

mod histories;
mod model;
mod sequences;
