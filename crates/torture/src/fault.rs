//! Faults one at a time, each on its own store: everything that a machine can do to a server besides killing it.
//!
//! Invariant: after each fault everything that was answered is in the store, and the server answers again: by itself
//! or, where it had to stop, after a restart.

mod clock;
mod descriptors;
mod disk;
mod postgres;

use crate::load::DeviceLoad;
use crate::server_process::ServerProcess;
use crate::test_bed::TestBed;
use crate::{EngineArg, RunArgs, with_test_bed};
pub use postgres::ExclusiveCluster;

/// The faults that this machine permits: those of the disk need rights that a container may lack.
#[derive(Clone, Copy, Debug)]
pub struct PermittedFaults {
    mount: bool,
    trace: bool,
}

impl PermittedFaults {
    /// All faults. One that this machine does not permit is reported as a failure.
    pub const ALL: Self = Self { mount: true, trace: true };

    /// What this machine permits.
    pub fn detect() -> Self {
        Self { mount: disk::can_mount(), trace: disk::can_trace() }
    }
}

/// Runs every fault of an engine. Reports each fault that lost nothing, and each that was left out.
pub async fn run_all(
    options: &RunArgs,
    cluster: Option<&ExclusiveCluster>,
    permitted: PermittedFaults,
    tell: impl Fn(&str),
) -> Result<(), String> {
    let named = |name: &'static str| move |e: String| format!("{name}: {e}");
    with_test_bed(options, clock::clock_jumps).await.map_err(named("clock"))?;
    tell("the clock jumps by years, and servers die after it: time never goes back, nothing happens twice");
    with_test_bed(options, descriptors::descriptors_exhausted).await.map_err(named("descriptors"))?;
    tell("no descriptor is left: who is connected is served, who comes waits, all is well when some are free");
    match (options.engine, cluster) {
        (EngineArg::Sqlite, _) => {
            if permitted.mount {
                with_test_bed(options, disk::disk_full).await.map_err(named("disk full"))?;
                tell("the disk is full: 503 until there is room, and by itself 200 again");
            } else {
                tell("LEFT OUT, this machine lets nobody mount a disk: the disk is full");
            }
            if !permitted.trace {
                tell("LEFT OUT, this machine lets nobody trace a process: writes fail, a sync fails");
                return Ok(());
            }
            with_test_bed(options, disk::writes_fail).await.map_err(named("failed writes"))?;
            tell("writes fail for a while: 503, and by itself 200 again");
            with_test_bed(options, disk::sync_fails).await.map_err(named("failed sync"))?;
            tell("one sync fails: the server stops, and a new start finds everything that was answered");
        }
        (EngineArg::Postgres, Some(cluster)) => {
            with_test_bed(options, async |bed: &mut TestBed| postgres::postgres_killed_and_stopped(bed, cluster).await)
                .await
                .map_err(named("lost"))?;
            tell("PostgreSQL is killed and stopped under load: 503 until it is back, and by itself 200 again");
        }
        (EngineArg::Postgres, None) => {
            return Err("--cluster-bin and --cluster-data say which PostgreSQL to kill".into());
        }
    }
    Ok(())
}

/// The end of every fault: the server must still serve. Then it is killed, and the store is verified before and after a
/// restart.
async fn finish_and_verify(bed: &mut TestBed, load: DeviceLoad, mut server: ServerProcess) -> Result<(), String> {
    load.finish().await.map_err(|e| format!("{e}\n{}", server.last_log_lines()))?;
    bed.verify_store().await?;
    server.kill()?;
    bed.verify_after_death().await?;
    bed.restart().await?.kill()?;
    bed.verify_after_death().await?;
    bed.program.store.check_integrity().await
}
