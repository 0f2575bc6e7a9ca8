//! The targets, one row each: what is set against what, and what must be reached.
//!
//! Invariant: every target stands here once, also one that this command cannot measure. A new one is a row and, where no
//! [`How`] fits, an arm.

use super::server::{Peer, Store, Who};
use super::site::{Runs, Site};
use crate::failure::{Failure, Outcome};

/// A target.
pub struct Row {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is measured, in a few words.
    pub about: &'static str,
    /// What must be reached; not a number where the row is only told.
    pub must: f64,
    /// What is aimed at.
    pub goal: f64,
    /// What the numbers count.
    pub unit: Unit,
    /// Measured with `--full` alone.
    pub full: bool,
    how: How,
}

/// What a row's numbers count; it decides which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A rate over another: more is better.
    Times,
    /// A latency over another: less is better.
    Latency,
    /// Megabytes: less is better.
    Megabytes,
    /// Milliseconds: less is better.
    Milliseconds,
}

impl Unit {
    /// Whether a value is as good as a target.
    pub fn reaches(self, value: f64, target: f64) -> bool {
        if self == Unit::Times { value >= target } else { value <= target }
    }

    /// A value as it is printed, without its unit.
    pub fn number(self, value: f64) -> String {
        match self {
            Unit::Times | Unit::Latency if value < 10.0 => format!("{value:.2}"),
            _ => format!("{value:.1}"),
        }
    }

    /// What stands behind a value.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Times | Unit::Latency => "",
            Unit::Megabytes => " MB",
            Unit::Milliseconds => " ms",
        }
    }
}

/// A load on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Who is called.
    pub who: Who,
    /// Which call, as `opendrs bench` names it.
    pub kind: &'static str,
    /// On how many connections.
    pub connections: u16,
    /// Not as fast as answers come, but at half the rate that SlotStatus on SQLite reaches on as many connections:
    /// latencies of two servers compare only at a rate that both sustain.
    pub at_half: bool,
}

/// How a row's number comes about.
enum How {
    /// The rate of the first over the rate of the second.
    Rates(Run, Run),
    /// The 99th percentile of the first over that of the second.
    Tails(Run, Run),
    /// Memory of a server that has answered once.
    Idle,
    /// The most memory that a server had under load.
    Loaded,
    /// From the start of the process to its first answer.
    Start(Store),
    /// Notifications delivered over signatures made, of a version.
    Deliveries(&'static str),
    /// Not by this command, for this reason.
    Not(&'static str),
}

impl Row {
    /// Whether it has a target.
    pub fn is_judged(&self) -> bool {
        !self.must.is_nan()
    }

    /// Whether this command can measure it at all.
    pub fn is_measured(&self) -> bool {
        !matches!(self.how, How::Not(_))
    }

    /// Why it is not measured, where it never is.
    pub fn why_not(&self) -> Option<&'static str> {
        match self.how {
            How::Not(why) => Some(why),
            _ => None,
        }
    }

    /// Its value in this round.
    pub fn measure(&self, site: &mut Site<'_>, runs: &mut Runs) -> Outcome<f64> {
        let value = match &self.how {
            How::Rates(ours, theirs) => {
                let ours = runs.measure(site, *ours)?.rate;
                ours / runs.measure(site, *theirs)?.rate
            }
            How::Tails(ours, theirs) => {
                let ours = runs.measure(site, *ours)?.p99;
                ours / runs.measure(site, *theirs)?.p99
            }
            How::Idle => runs.memory(site)?.idle,
            How::Loaded => runs.memory(site)?.loaded,
            How::Start(store) => site.start_time(*store)?,
            How::Deliveries(version) => site.deliveries(version)?,
            How::Not(why) => return Err(Failure::new(*why, "leave the row out")),
        };
        if value.is_finite() { Ok(value) } else { Err(Failure::new("a run measured nothing", "give it more time")) }
    }
}

const fn run(who: Who, kind: &'static str, connections: u16) -> Run {
    Run { who, kind, connections, at_half: false }
}

const fn half(who: Who, kind: &'static str, connections: u16) -> Run {
    Run { who, kind, connections, at_half: true }
}

const SLOT: &str = "slot-status";
const SQLITE: Who = Who::Sqlite(Store::Thousand);
const FEW: Who = Who::Sqlite(Store::Few);
const ANCHOR_64: Run = run(Who::Anchor, SLOT, 64);
const ANCHOR_256: Run = run(Who::Anchor, SLOT, 256);
const SQLITE_64: Run = run(SQLITE, SLOT, 64);
const TOKEN_64: Run = run(SQLITE, "token-refresh", 64);

macro_rules! rows {
    ($($name:literal, $must:tt / $goal:tt $unit:ident $($full:ident)?, $about:literal, $how:expr;)+) => {
        &[$(Row {
            name: $name,
            about: $about,
            must: rows!(@target $must),
            goal: rows!(@target $goal),
            unit: Unit::$unit,
            full: rows!(@full $($full)?),
            how: $how,
        }),+]
    };
    (@target none) => { f64::NAN };
    (@target $value:literal) => { $value };
    (@full) => { false };
    (@full full) => { true };
}

/// Every target. Rows that share a run stand together, so that what is compared was measured close in time.
pub const ROWS: &[Row] = rows! {
    "slot-sqlite-256", 0.45 / 0.70 Times, "SlotStatus on SQLite, 256 connections, over the anchor",
        How::Rates(run(SQLITE, SLOT, 256), ANCHOR_256);
    "slot-pg-256", 0.45 / 0.55 Times, "SlotStatus on PostgreSQL, 256 connections, over the anchor",
        How::Rates(run(Who::Postgres, SLOT, 256), ANCHOR_256);
    "p99-256", 2.0 / 1.4 Latency, "p99 of SlotStatus, 256 connections, over the anchor's",
        How::Tails(run(SQLITE, SLOT, 256), ANCHOR_256);
    "p99-256-paced", none / none Latency, "the same at half of our rate for both, lateness counted",
        How::Tails(half(SQLITE, SLOT, 256), half(Who::Anchor, SLOT, 256));
    "slot-sqlite-64", 0.40 / 0.55 Times, "SlotStatus on SQLite, 64 connections, over the anchor",
        How::Rates(SQLITE_64, ANCHOR_64);
    "slot-pg-64", 0.30 / 0.42 Times, "SlotStatus on PostgreSQL, 64 connections, over the anchor",
        How::Rates(run(Who::Postgres, SLOT, 64), ANCHOR_64);
    "over-fastify-sqlite", 9.0 / 15.0 Times, "SlotStatus over Fastify + better-sqlite3, a commit a request",
        How::Rates(SQLITE_64, run(Who::Peer(Peer::Each), SLOT, 64));
    "over-fastify-grouped", 1.3 / 2.0 Times, "SlotStatus over Fastify + better-sqlite3 with the same group commit",
        How::Rates(SQLITE_64, run(Who::Peer(Peer::Grouped), SLOT, 64));
    "over-fastify-pg", 5.0 / 8.0 Times, "SlotStatus on SQLite over Fastify + pg",
        How::Rates(SQLITE_64, run(Who::Peer(Peer::Pool), SLOT, 64));
    "replenish-sqlite", 0.20 / 0.32 Times, "Replenish that places, SQLite, over the anchor",
        How::Rates(run(Who::Sqlite(Store::Orders), "replenish", 64), run(Who::Anchor, "replenish", 64));
    "replenish-pg", 0.08 / 0.15 Times, "Replenish that places, PostgreSQL, over the anchor",
        How::Rates(run(Who::Postgres, "replenish", 64), run(Who::Anchor, "replenish", 64));
    "subscription-info", 0.50 / 0.80 Times, "SubscriptionInfo over the anchor",
        How::Rates(run(SQLITE, "subscription-info", 64), run(Who::Anchor, "subscription-info", 64));
    "order-info", 0.50 / 0.80 Times, "GetOrderInfo over the anchor",
        How::Rates(run(SQLITE, "order-info", 64), run(Who::Anchor, "order-info", 64));
    "token-refresh", 0.45 / 0.60 Times, "token refresh over the anchor",
        How::Rates(TOKEN_64, run(Who::Anchor, "token-refresh", 64));
    "over-oidc-provider", 6.0 / 10.0 Times, "token refresh over npm oidc-provider, in memory",
        How::Rates(TOKEN_64, run(Who::Peer(Peer::Oidc), "token-refresh", 64));
    "slow-sync", 0.75 / 0.88 Times, "SlotStatus with 1 ms more for each fsync, 256 connections, over without",
        How::Rates(run(Who::Traced { slow: true }, SLOT, 256), run(Who::Traced { slow: false }, SLOT, 256));
    "memory-idle", 24.0 / 14.0 Megabytes, "memory after the first answer, 1,000 devices, SQLite", How::Idle;
    "memory-loaded", 64.0 / 45.0 Megabytes, "most memory under SlotStatus, 256 connections", How::Loaded;
    "start-1k", 60.0 / 20.0 Milliseconds, "start to first answer, 1,000 devices", How::Start(Store::Alone);
    "start-5m", 100.0 / 25.0 Milliseconds full, "start to first answer, 5,000,000 devices", How::Start(Store::Millions);
    "growth-slot-100k", 0.85 / 0.95 Times, "SlotStatus at 100,000 devices over 1,000",
        How::Rates(run(Who::Sqlite(Store::Hundred), SLOT, 64), run(FEW, SLOT, 64));
    "growth-slot-5m", 0.85 / 0.95 Times full, "SlotStatus at 5,000,000 devices over 1,000",
        How::Rates(run(Who::Sqlite(Store::Millions), SLOT, 64), run(FEW, SLOT, 64));
    "growth-info-100k", 0.65 / 0.90 Times, "SubscriptionInfo at 100,000 devices over 1,000",
        How::Rates(run(Who::Sqlite(Store::Hundred), "subscription-info", 64), run(FEW, "subscription-info", 64));
    "growth-info-5m", 0.65 / 0.90 Times full, "SubscriptionInfo at 5,000,000 devices over 1,000",
        How::Rates(run(Who::Sqlite(Store::Millions), "subscription-info", 64), run(FEW, "subscription-info", 64));
    "growth-readings-1m", 0.85 / 0.95 Times, "SlotStatus at 1,000,000 stored readings over an empty store",
        How::Rates(run(Who::Sqlite(Store::Million), SLOT, 64), run(Who::Sqlite(Store::Empty), SLOT, 64));
    "growth-readings-10m", 0.85 / 0.95 Times full, "SlotStatus at 10,000,000 stored readings over an empty store",
        How::Rates(run(Who::Sqlite(Store::Readings), SLOT, 64), run(Who::Sqlite(Store::Empty), SLOT, 64));
    "deliveries-v1", 0.40 / 0.70 Times, "notifications signed by version 1, delivered, over its signatures on the same cores",
        How::Deliveries("1");
    "deliveries-v2", 0.40 / 0.70 Times, "the same with version 2",
        How::Deliveries("2");
    "due-timers", none / none Times, "due timers cost by what is due, not by what is stored",
        How::Not("a test of the store proves it: no work list scans (`no_query_scans_a_table_on_sqlite`)");
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_goals_are_beyond_musts() {
        for (n, row) in ROWS.iter().enumerate() {
            assert!(ROWS[n + 1..].iter().all(|other| other.name != row.name), "{}", row.name);
            assert!(!row.is_judged() || row.unit.reaches(row.goal, row.must), "{}", row.name);
        }
    }

    #[test]
    fn which_way_is_better_is_the_unit_s() {
        assert!(Unit::Times.reaches(0.5, 0.45) && !Unit::Times.reaches(0.4, 0.45));
        assert!(Unit::Latency.reaches(1.9, 2.0) && !Unit::Milliseconds.reaches(61.0, 60.0));
        let shown = [Unit::Times.number(0.456), Unit::Times.number(13.26), Unit::Megabytes.number(9.0)];
        assert_eq!(shown, ["0.46", "13.3", "9.0"]);
    }
}
