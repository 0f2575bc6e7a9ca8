//! `kill -9` at random times and at every failpoint, repeatedly on one store.
//!
//! Invariant: a cycle ends with a dead server, after a check of everything that any server of this store ever answered.

use crate::server_process::ServerProcess;
use crate::test_bed::TestBed;
use opendrs_store::failpoint::Point;
use std::collections::BTreeMap;
use std::time::Duration;

/// The lifetime of a server that is killed at random, in milliseconds.
const LIFETIME_MILLIS: std::ops::Range<u64> = 10..350;
/// The time after which a server is killed that has not reached its failpoint.
const FAILPOINT_TIMEOUT: Duration = Duration::from_millis(900);
/// Every cycle with this interval kills at random; the others take the failpoints in turn.
const RANDOM_KILL_EVERY: usize = 3;
/// The number of codes redeemed per cycle.
const CODES_PER_CYCLE: usize = 3;

/// The number of deaths of each kind.
#[derive(Default)]
pub struct DeathCounts {
    /// Killed by a signal at a random time.
    pub random: usize,
    /// Ended at a failpoint.
    pub at_failpoint: BTreeMap<&'static str, usize>,
    /// Killed because the failpoint was not reached in time.
    pub late: usize,
}

/// Runs `cycles` cycles, each of which kills a server.
pub async fn run_cycles(
    bed: &mut TestBed,
    cycles: usize,
    mut tell: impl FnMut(usize, &DeathCounts),
) -> Result<DeathCounts, String> {
    let mut deaths = DeathCounts::default();
    kill_during_store_creation(bed, &mut deaths)?;
    bed.create_store().await?.kill()?;
    // The failpoint of a schema step is reached only while a store is created.
    let points: Vec<_> = Point::ALL.into_iter().filter(|point| *point != Point::SchemaApplied).collect();
    let (mut turn, mut eager) = (0, false);
    for cycle in 0..cycles {
        bed.create_codes(CODES_PER_CYCLE)?;
        if cycle % RANDOM_KILL_EVERY == 0 {
            let failed = |e| format!("cycle {cycle}: {e}");
            let life = Duration::from_millis(bed.rng.u64(LIFETIME_MILLIS));
            let server = bed.restart().await.map_err(failed)?;
            run_short_life(bed, server, life).await.map_err(failed)?;
            deaths.random += 1;
        } else {
            let point = points[turn % points.len()];
            // A failpoint that was not reached the last time takes effect at its first pass.
            let times = if eager { 1 } else { bed.rng.u64(1..=max_failpoint_passes(point)) };
            let failed = |e| format!("cycle {cycle}, {} {times}: {e}", point.name());
            eager = match bed.start_with_failpoint((point, times)).await.map_err(failed)? {
                Some(server) => !run_short_life(bed, server, FAILPOINT_TIMEOUT).await.map_err(failed)?,
                None => {
                    bed.verify_after_death().await.map_err(failed)?;
                    false
                }
            };
            if eager {
                deaths.late += 1;
            } else {
                turn += 1;
                *deaths.at_failpoint.entry(point.name()).or_default() += 1;
            }
        }
        tell(cycle + 1, &deaths);
    }
    run_long_life(bed).await.map_err(|e| format!("the last life: {e}"))?;
    deaths.random += 1;
    bed.restart().await?.kill()?;
    bed.verify_after_death().await?;
    bed.program.store.check_integrity().await?;
    Ok(deaths)
}

/// The maximum number of passes of a failpoint before it takes effect: the number of passes in a cycle's load.
fn max_failpoint_passes(point: Point) -> u64 {
    match point {
        Point::SchemaApplied | Point::CodeRedeemed | Point::WorkHalfDone => 1,
        Point::ClockMoved => 2,
        Point::WorkClaimed => 3,
        Point::OrderPlaced => 6,
        Point::BatchApplied | Point::BatchCommitted | Point::BatchHalfAnswered => 60,
    }
}

/// Kills servers while the store is created: each start continues where the last one ended.
fn kill_during_store_creation(bed: &mut TestBed, deaths: &mut DeathCounts) -> Result<(), String> {
    let later = bed.rng.u64(2..=5);
    for (point, times) in [
        (Point::SchemaApplied, 1),
        (Point::BatchApplied, 1),
        (Point::BatchCommitted, 1),
        (Point::BatchApplied, later),
        (Point::BatchCommitted, 2),
    ] {
        match bed.program.serve(Some(&bed.seed), Some((point, times))) {
            Err(None) => *deaths.at_failpoint.entry(point.name()).or_default() += 1,
            Err(Some(why)) => return Err(format!("first start, {} {times}: {why}", point.name())),
            // Existing rows are not written again, so a later batch may not come.
            Ok(mut server) => server.kill()?,
        }
    }
    Ok(())
}

/// Runs a server under load. Returns whether it died by itself within `life`.
async fn run_short_life(bed: &mut TestBed, mut server: ServerProcess, life: Duration) -> Result<bool, String> {
    let base = server.base_url.clone();
    let mut load = bed.start_load(&base, true);
    bed.redeem_codes(&mut load);
    let died = dies_within(&mut server, life).await;
    if !died {
        server.kill()?;
    }
    load.finish().await.map_err(|e| format!("{e}\n{}", server.last_log_lines()))?;
    bed.verify_after_death().await.map_err(|e| format!("{e}\n{}", server.last_log_lines()))?;
    Ok(died)
}

/// Runs a server until the clock has advanced an order. On a slow store, the other servers are killed before that.
async fn run_long_life(bed: &mut TestBed) -> Result<(), String> {
    bed.create_codes(CODES_PER_CYCLE)?;
    let mut server = bed.restart().await?;
    let mut load = bed.start_load(&server.base_url, true);
    bed.redeem_codes(&mut load);
    load.wait_for_order_transition().await?;
    server.kill()?;
    load.finish().await.map_err(|e| format!("{e}\n{}", server.last_log_lines()))?;
    bed.verify_after_death().await.map_err(|e| format!("{e}\n{}", server.last_log_lines()))
}

async fn dies_within(server: &mut ServerProcess, life: Duration) -> bool {
    let mut ticks = tokio::time::interval(Duration::from_millis(2));
    let watch = async {
        while !server.has_ended() {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(life, watch).await.is_ok()
}
