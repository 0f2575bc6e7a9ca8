//! The program itself: what operators and scripts run, and what it prints.

mod clock;
mod config;
mod demo;
mod device;
mod keys;
mod mail;
mod program;
mod seed;
mod serve;
