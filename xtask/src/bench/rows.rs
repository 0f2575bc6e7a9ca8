//! The targets, one per row: what is compared, and the values to reach.
//!
//! Invariant: every target is listed here once, including those that this command cannot measure. A new target is a row
//! and, where no [`MeasurementMethod`] fits, a new variant.

use super::run::BenchRun;
use super::server::{BenchServerKind, BenchStore, PeerServer};
use super::test_bed::{BenchTestBed, RoundRuns};
use crate::error::{TaskError, TaskResult};

/// A target.
pub struct BenchRow {
    /// Its name on the command line.
    pub name: &'static str,
    /// A short description of the measurement.
    pub about: &'static str,
    /// The value that must be reached; NaN if the row is only reported.
    pub must: f64,
    /// The value to aim for.
    pub goal: f64,
    /// The unit of the values.
    pub unit: BenchUnit,
    /// Whether it is measured only with `--full`.
    pub full: bool,
    how: MeasurementMethod,
}

/// The unit of a row's values, which also determines whether more or less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BenchUnit {
    /// A ratio of rates: more is better.
    Times,
    /// A ratio of latencies: less is better.
    Latency,
    /// Megabytes: less is better.
    Megabytes,
    /// Milliseconds: less is better.
    Milliseconds,
}

impl BenchUnit {
    /// Whether a value is as good as a target.
    pub fn meets_target(self, value: f64, target: f64) -> bool {
        if self == BenchUnit::Times { value >= target } else { value <= target }
    }

    /// A value as it is printed, without its unit.
    pub fn format_value(self, value: f64) -> String {
        match self {
            BenchUnit::Times | BenchUnit::Latency if value < 10.0 => format!("{value:.2}"),
            _ => format!("{value:.1}"),
        }
    }

    /// The text after a value.
    pub fn suffix(self) -> &'static str {
        match self {
            BenchUnit::Times | BenchUnit::Latency => "",
            BenchUnit::Megabytes => " MB",
            BenchUnit::Milliseconds => " ms",
        }
    }
}

/// How a row's number comes about.
enum MeasurementMethod {
    /// The rate of the first run over the rate of the second.
    RateRatio(BenchRun, BenchRun),
    /// The 99th percentile of the first run over that of the second.
    P99Ratio(BenchRun, BenchRun),
    /// The memory of a server after one answer.
    IdleMemory,
    /// The peak memory of a server under load.
    LoadedMemory,
    /// The time from the start of the process to its first answer.
    StartTime(BenchStore),
    /// The rate of delivered notifications over the rate of signatures, for a signature version.
    Deliveries(&'static str),
    /// This command cannot measure it, for this reason.
    NotMeasured(&'static str),
}

impl BenchRow {
    /// Whether the row has a target.
    pub fn has_target(&self) -> bool {
        !self.must.is_nan()
    }

    /// Whether this command can measure the row at all.
    pub fn is_measurable(&self) -> bool {
        !matches!(self.how, MeasurementMethod::NotMeasured(_))
    }

    /// Why this command never measures the row.
    pub fn why_not_measured(&self) -> Option<&'static str> {
        match self.how {
            MeasurementMethod::NotMeasured(why) => Some(why),
            _ => None,
        }
    }

    /// Measures the row's value in this round.
    pub fn measure(&self, site: &mut BenchTestBed<'_>, runs: &mut RoundRuns) -> TaskResult<f64> {
        let value = match &self.how {
            MeasurementMethod::RateRatio(ours, theirs) => {
                let ours = runs.measure(site, *ours)?.rate;
                ours / runs.measure(site, *theirs)?.rate
            }
            MeasurementMethod::P99Ratio(ours, theirs) => {
                let ours = runs.measure(site, *ours)?.p99;
                ours / runs.measure(site, *theirs)?.p99
            }
            MeasurementMethod::IdleMemory => runs.memory(site)?.idle,
            MeasurementMethod::LoadedMemory => runs.memory(site)?.loaded,
            MeasurementMethod::StartTime(store) => site.measure_start_time(*store)?,
            MeasurementMethod::Deliveries(version) => site.measure_deliveries(version)?,
            MeasurementMethod::NotMeasured(why) => return Err(TaskError::new(*why, "leave the row out")),
        };
        if value.is_finite() { Ok(value) } else { Err(TaskError::new("a run measured nothing", "give it more time")) }
    }
}

const fn run(who: BenchServerKind, kind: &'static str, connections: u16) -> BenchRun {
    BenchRun { server: who, kind, connections, at_half_rate: false }
}

const fn half_rate_run(who: BenchServerKind, kind: &'static str, connections: u16) -> BenchRun {
    BenchRun { server: who, kind, connections, at_half_rate: true }
}

const SLOT: &str = "slot-status";
const SQLITE: BenchServerKind = BenchServerKind::Sqlite(BenchStore::Devices1k);
const SQLITE_MANY_TOKENS: BenchServerKind = BenchServerKind::Sqlite(BenchStore::Devices1kManyTokens);
const ANCHOR_64: BenchRun = run(BenchServerKind::Anchor, SLOT, 64);
const ANCHOR_256: BenchRun = run(BenchServerKind::Anchor, SLOT, 256);
const SQLITE_64: BenchRun = run(SQLITE, SLOT, 64);
const TOKEN_64: BenchRun = run(SQLITE, "token-refresh", 64);

macro_rules! rows {
    ($($name:literal, $must:tt / $goal:tt $unit:ident $($full:ident)?, $about:literal, $how:expr;)+) => {
        &[$(BenchRow {
            name: $name,
            about: $about,
            must: rows!(@target $must),
            goal: rows!(@target $goal),
            unit: BenchUnit::$unit,
            full: rows!(@full $($full)?),
            how: $how,
        }),+]
    };
    (@target none) => { f64::NAN };
    (@target $value:literal) => { $value };
    (@full) => { false };
    (@full full) => { true };
}

/// Every target. Rows that share a run are adjacent, so that compared values were measured close in time.
pub const ROWS: &[BenchRow] = rows! {
    "slot-sqlite-256", 0.45 / 0.70 Times, "SlotStatus on SQLite, 256 connections, over the anchor",
        MeasurementMethod::RateRatio(run(SQLITE, SLOT, 256), ANCHOR_256);
    "slot-pg-256", 0.45 / 0.55 Times, "SlotStatus on PostgreSQL, 256 connections, over the anchor",
        MeasurementMethod::RateRatio(run(BenchServerKind::Postgres, SLOT, 256), ANCHOR_256);
    "p99-256", 2.0 / 1.4 Latency, "p99 of SlotStatus, 256 connections, over the anchor's",
        MeasurementMethod::P99Ratio(run(SQLITE, SLOT, 256), ANCHOR_256);
    "p99-256-paced", none / none Latency, "the same at half of our rate for both, lateness counted",
        MeasurementMethod::P99Ratio(half_rate_run(SQLITE, SLOT, 256), half_rate_run(BenchServerKind::Anchor, SLOT, 256));
    "slot-sqlite-64", 0.40 / 0.55 Times, "SlotStatus on SQLite, 64 connections, over the anchor",
        MeasurementMethod::RateRatio(SQLITE_64, ANCHOR_64);
    "slot-pg-64", 0.30 / 0.42 Times, "SlotStatus on PostgreSQL, 64 connections, over the anchor",
        MeasurementMethod::RateRatio(run(BenchServerKind::Postgres, SLOT, 64), ANCHOR_64);
    "over-fastify-sqlite", 9.0 / 15.0 Times, "SlotStatus over Fastify + better-sqlite3, a commit a request",
        MeasurementMethod::RateRatio(SQLITE_64, run(BenchServerKind::Peer(PeerServer::SqliteCommitEach), SLOT, 64));
    "over-fastify-grouped", 1.3 / 2.0 Times, "SlotStatus over Fastify + better-sqlite3 with the same group commit",
        MeasurementMethod::RateRatio(SQLITE_64, run(BenchServerKind::Peer(PeerServer::SqliteGroupCommit), SLOT, 64));
    "over-fastify-pg", 5.0 / 8.0 Times, "SlotStatus on SQLite over Fastify + pg",
        MeasurementMethod::RateRatio(SQLITE_64, run(BenchServerKind::Peer(PeerServer::PostgresPool), SLOT, 64));
    "replenish-sqlite", 0.20 / 0.32 Times, "Replenish that places, SQLite, over the anchor",
        MeasurementMethod::RateRatio(run(BenchServerKind::Sqlite(BenchStore::ReplenishDevices), "replenish", 64), run(BenchServerKind::Anchor, "replenish", 64));
    "replenish-pg", 0.08 / 0.15 Times, "Replenish that places, PostgreSQL, over the anchor",
        MeasurementMethod::RateRatio(run(BenchServerKind::Postgres, "replenish", 64), run(BenchServerKind::Anchor, "replenish", 64));
    "subscription-info", 0.50 / 0.80 Times, "SubscriptionInfo over the anchor",
        MeasurementMethod::RateRatio(run(SQLITE, "subscription-info", 64), run(BenchServerKind::Anchor, "subscription-info", 64));
    "order-info", 0.50 / 0.80 Times, "GetOrderInfo over the anchor",
        MeasurementMethod::RateRatio(run(SQLITE, "order-info", 64), run(BenchServerKind::Anchor, "order-info", 64));
    "token-refresh", 0.45 / 0.60 Times, "token refresh over the anchor",
        MeasurementMethod::RateRatio(TOKEN_64, run(BenchServerKind::Anchor, "token-refresh", 64));
    "over-oidc-provider", 6.0 / 10.0 Times, "token refresh over npm oidc-provider, in memory",
        MeasurementMethod::RateRatio(TOKEN_64, run(BenchServerKind::Peer(PeerServer::OidcProvider), "token-refresh", 64));
    "slow-sync", 0.75 / 0.88 Times, "SlotStatus with 1 ms more for each fsync, 256 connections, over without",
        MeasurementMethod::RateRatio(run(BenchServerKind::Traced { slow: true }, SLOT, 256), run(BenchServerKind::Traced { slow: false }, SLOT, 256));
    "memory-idle", 24.0 / 14.0 Megabytes, "memory after the first answer, 1,000 devices, SQLite", MeasurementMethod::IdleMemory;
    "memory-loaded", 64.0 / 45.0 Megabytes, "most memory under SlotStatus, 256 connections", MeasurementMethod::LoadedMemory;
    "start-1k", 60.0 / 20.0 Milliseconds, "start to first answer, 1,000 devices", MeasurementMethod::StartTime(BenchStore::Devices1kExclusive);
    "start-5m", 100.0 / 25.0 Milliseconds full, "start to first answer, 5,000,000 devices", MeasurementMethod::StartTime(BenchStore::Devices5m);
    "growth-slot-100k", 0.85 / 0.95 Times, "SlotStatus at 100,000 devices over 1,000",
        MeasurementMethod::RateRatio(run(BenchServerKind::Sqlite(BenchStore::Devices100k), SLOT, 64), run(SQLITE_MANY_TOKENS, SLOT, 64));
    "growth-slot-5m", 0.85 / 0.95 Times full, "SlotStatus at 5,000,000 devices over 1,000",
        MeasurementMethod::RateRatio(run(BenchServerKind::Sqlite(BenchStore::Devices5m), SLOT, 64), run(SQLITE_MANY_TOKENS, SLOT, 64));
    "growth-info-100k", 0.65 / 0.90 Times, "SubscriptionInfo at 100,000 devices over 1,000",
        MeasurementMethod::RateRatio(run(BenchServerKind::Sqlite(BenchStore::Devices100k), "subscription-info", 64), run(SQLITE_MANY_TOKENS, "subscription-info", 64));
    "growth-info-5m", 0.65 / 0.90 Times full, "SubscriptionInfo at 5,000,000 devices over 1,000",
        MeasurementMethod::RateRatio(run(BenchServerKind::Sqlite(BenchStore::Devices5m), "subscription-info", 64), run(SQLITE_MANY_TOKENS, "subscription-info", 64));
    "growth-readings-1m", 0.85 / 0.95 Times, "SlotStatus at 1,000,000 stored readings over an empty store",
        MeasurementMethod::RateRatio(run(BenchServerKind::Sqlite(BenchStore::Readings1m), SLOT, 64), run(BenchServerKind::Sqlite(BenchStore::Devices1kNoReadings), SLOT, 64));
    "growth-readings-10m", 0.85 / 0.95 Times full, "SlotStatus at 10,000,000 stored readings over an empty store",
        MeasurementMethod::RateRatio(run(BenchServerKind::Sqlite(BenchStore::Readings10m), SLOT, 64), run(BenchServerKind::Sqlite(BenchStore::Devices1kNoReadings), SLOT, 64));
    "deliveries-v1", 0.40 / 0.70 Times, "notifications signed by version 1, delivered, over its signatures on the same cores",
        MeasurementMethod::Deliveries("1");
    "deliveries-v2", 0.40 / 0.70 Times, "the same with version 2",
        MeasurementMethod::Deliveries("2");
    "due-timers", none / none Times, "due timers cost by what is due, not by what is stored",
        MeasurementMethod::NotMeasured("a test of the store proves it: no work list scans (`no_query_scans_a_table_on_sqlite`)");
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_goals_are_beyond_musts() {
        for (n, row) in ROWS.iter().enumerate() {
            assert!(ROWS[n + 1..].iter().all(|other| other.name != row.name), "{}", row.name);
            assert!(!row.has_target() || row.unit.meets_target(row.goal, row.must), "{}", row.name);
        }
    }

    #[test]
    fn which_way_is_better_is_the_unit_s() {
        assert!(BenchUnit::Times.meets_target(0.5, 0.45) && !BenchUnit::Times.meets_target(0.4, 0.45));
        assert!(BenchUnit::Latency.meets_target(1.9, 2.0) && !BenchUnit::Milliseconds.meets_target(61.0, 60.0));
        let shown = [
            BenchUnit::Times.format_value(0.456),
            BenchUnit::Times.format_value(13.26),
            BenchUnit::Megabytes.format_value(9.0),
        ];
        assert_eq!(shown, ["0.46", "13.3", "9.0"]);
    }
}
