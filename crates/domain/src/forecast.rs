//! The forecast: from the readings of a slot to an order at an accepted risk of running out.
//!
//! What it is: pure rules of inventory control. They clean readings, learn a rate of use, forecast the use until a
//! parcel arrives, and compare the risk with the accepted one. What it is not: it stores nothing, places no order and
//! reads no clock. docs/forecast.md explains the method; docs/spec/forecast.md lists the rules.
//!
//! Invariant: each result is a function of its arguments, and no reading, however odd, makes a number of the state
//! negative or not finite. Times are days since 1970-01-01, and amounts are in the slot's unit.

pub mod belief;
pub mod cleaning;
pub mod days;
pub mod decision;
pub mod demand;
pub mod explanation;
pub mod intake;
pub mod lead_time;
pub mod learning;
pub mod next_look;
pub mod prior;
pub mod reading;
pub mod rest;
pub mod risk;
pub mod sensor;
mod special;
pub mod state;
pub mod stock;
pub mod tail;
