//! Fulfilment: who takes an order to the door, and what they say of it.
//!
//! What it is: the choice of back end ([`backend_choice`]), their reports ([`report`]), and for back ends that are called
//! ([`webhook`], [`vendure`], each a [`connector`]) the calls themselves ([`backend_call`]). Invariant: what a back end says
//! goes through an order's life as anybody's word does; saying it twice changes nothing.

pub mod backend_call;
mod backend_choice;
mod connector;
mod connectors;
mod hint;
mod job;
mod placement_progress;
mod report;
mod settings;
pub mod vendure;
pub mod webhook;

pub(crate) use backend_choice::backend_of_maker;
pub use hint::record_hint;
pub use job::{FulfilmentJob, find_job, last_call_error, list_orders};
pub use report::{ReportSource, apply_report};
pub use settings::FulfilmentSettings;
