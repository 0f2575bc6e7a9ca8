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
    which: &RunArgs,
    cluster: Option<&ExclusiveCluster>,
    permitted: PermittedFaults,
    tell: impl Fn(&str),
) -> Result<(), String> {
    let named = |name: &'static str| move |e: String| format!("{name}: {e}");
    with_test_bed(which, clock::clock_jumps).await.map_err(named("clock"))?;
    tell("the clock jumps by years, and servers die after it: time never goes back, nothing happens twice");
    with_test_bed(which, descriptors::descriptors_exhausted).await.map_err(named("descriptors"))?;
    tell("no descriptor is left: who is connected is served, who comes waits, all is well when some are free");
    match (which.engine, cluster) {
        (EngineArg::Sqlite, _) => {
            if permitted.mount {
                with_test_bed(which, disk::disk_full).await.map_err(named("disk full"))?;
                tell("the disk is full: 503 until there is room, and by itself 200 again");
            } else {
                tell("LEFT OUT, this machine lets nobody mount a disk: the disk is full");
            }
            if !permitted.trace {
                tell("LEFT OUT, this machine lets nobody trace a process: writes fail, a sync fails");
                return Ok(());
            }
            with_test_bed(which, disk::writes_fail).await.map_err(named("failed writes"))?;
            tell("writes fail for a while: 503, and by itself 200 again");
            with_test_bed(which, disk::sync_fails).await.map_err(named("failed sync"))?;
            tell("one sync fails: the server stops, and a new start finds everything that was answered");
        }
        (EngineArg::Postgres, Some(cluster)) => {
            with_test_bed(which, async |site: &mut TestBed| postgres::postgres_killed_and_stopped(site, cluster).await)
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
async fn finish_and_verify(site: &mut TestBed, load: DeviceLoad, mut server: ServerProcess) -> Result<(), String> {
    load.finish().await.map_err(|e| format!("{e}\n{}", server.last_log_lines()))?;
    site.verify_store().await?;
    server.kill()?;
    site.verify_after_death().await?;
    site.restart().await?.kill()?;
    site.verify_after_death().await?;
    site.program.store.check_integrity().await
}
