//! Fulfilment: back ends, their reports and the calls to them.
//!
//! What it is: the choice of back end ([`backend_choice`]), the reports ([`report`]) and the calls ([`backend_call`]).
//! The back ends that are called are [`webhook`] and [`vendure`], each a [`connector`]. Invariant: a back end's report
//! is applied to an order like one from any other source. A repeated report changes nothing.

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
pub use job::{FulfilmentJob, OrderSelection, find_job, last_call_error, list_orders};
pub use report::{ReportSource, ReportedOrder, apply_report};
pub use settings::FulfilmentSettings;
