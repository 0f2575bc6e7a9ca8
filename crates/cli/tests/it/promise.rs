//! Properties that examples cannot show: concurrent histories are linearizable, and random sequences of calls agree
//! with a plain model in memory. On both engines.

mod histories;
mod model;
mod sequences;
