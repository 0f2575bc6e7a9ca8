//! `forecast_speed`: how long readings and scorings take on one core.
//!
//! ```console
//! $ cargo run --release -p opendrs-domain --example forecast_speed
//! ```
//!
//! It prints a line for each figure and ends with status 1 if a *must* is missed. Not here: the store; these are the
//! pure functions alone. Invariant: the fleet is the same in every run.

#![allow(clippy::print_stdout, reason = "a program that prints figures")]

#[path = "support/speed_fleet.rs"]
mod speed_fleet;

use opendrs_domain::forecast::decision::{DecidingMode, SlotSituation};
use opendrs_domain::forecast::lead_time::LeadTimes;
use opendrs_domain::forecast::reading::SlotReading;
use opendrs_domain::forecast::risk::RiskContext;
use opendrs_domain::forecast::state::SlotState;
use speed_fleet::{FleetMember, make_fleet};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

/// How often each figure is measured; the best counts, because other programs share the machine.
const ROUNDS: usize = 25;
const ACCEPTED: f64 = 0.05;

fn main() -> ExitCode {
    let fleet = make_fleet();
    let lead = LeadTimes::learn(5.0, &[], &[], 0.0);
    let decide = |member: &FleetMember| {
        let context = member.context(&lead);
        context.decide(DecidingMode::Service, SlotSituation::default(), member.now(), ACCEPTED).risk.unwrap_or(0.0)
    };
    let score = |member: &FleetMember| member.context(&lead).score(member.now()).risk();
    let look = |member: &FleetMember| member.context(&lead).next_look(member.now(), ACCEPTED).alarm_level;
    let (mut reading, mut bounded, mut exact, mut looks) = (f64::INFINITY, 0.0_f64, 0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        reading = reading.min(microseconds_a_reading(&fleet[0]));
        bounded = bounded.max(slots_a_second(&fleet, decide));
        exact = exact.max(slots_a_second(&fleet, score));
        looks = looks.max(slots_a_second(&fleet[..fleet.len() / 10], look));
    }
    let lines = [
        (format!("reading and observation {reading:.2} us, must be at most 1.5"), reading <= 1.5),
        (format!("scorings with the bound first {bounded:.0} a second, must be at least 100000"), bounded >= 1e5),
        (format!("scorings with every tail exact {exact:.0} a second, must be at least 80000"), exact >= 8e4),
        (format!("next looks {looks:.0} a second, no target"), true),
    ];
    for (line, is_met) in &lines {
        println!("{line}{}", if *is_met { "" } else { ": MISSED" });
    }
    if lines.iter().all(|(_, is_met)| *is_met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One reading a day of a slot that is refilled every 20 days; each completes an observation.
#[expect(clippy::disallowed_methods, reason = "this program measures")]
fn microseconds_a_reading(member: &FleetMember) -> f64 {
    const READINGS: u32 = 50_000;
    let mut state = SlotState::default();
    let begun = Instant::now();
    for day in 0..READINGS {
        let remaining = 40.0 - f64::from(day % 20) * 2.0;
        let reading = SlotReading { at: f64::from(day), remaining, original: 40.0, on_hand: None };
        state.take(&reading, &member.prior, member.sensor);
    }
    black_box(&state);
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(READINGS)
}

#[expect(clippy::disallowed_methods, reason = "this program measures")]
fn slots_a_second(fleet: &[FleetMember], score: impl Fn(&FleetMember) -> f64) -> f64 {
    let begun = Instant::now();
    black_box(fleet.iter().map(score).sum::<f64>());
    fleet.len() as f64 / begun.elapsed().as_secs_f64()
}

impl FleetMember {
    fn context<'a>(&'a self, lead: &'a LeadTimes) -> RiskContext<'a> {
        RiskContext { state: &self.state, prior: &self.prior, sensor: self.sensor, lead, review: 1.0 }
    }

    fn now(&self) -> f64 {
        self.state.track.at.unwrap_or_default()
    }
}
