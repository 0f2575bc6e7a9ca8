//! The program itself: what operators and scripts run, and what it prints.

mod backup;
mod clock;
mod config;
mod demo;
mod device;
mod dist;
mod doctor;
mod keys;
mod nodes;
mod program;
mod readings;
mod seed;
mod serve;
