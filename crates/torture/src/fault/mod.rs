//! Faults one at a time, each on a store of its own: what the machine can do to a server besides killing it.
//!
//! Invariant: after each fault everything that was answered is there, and the server answers again, by itself or, where
//! it had to stop, after a new start.

mod clock;
mod descriptors;
mod disk;
mod postgres;

use crate::load::Load;
use crate::program::Server;
use crate::site::Site;
use crate::{Engine, Which, on_site};
pub use postgres::Cluster;

/// Which faults may be made: those of the disk need rights that a container may lack.
#[derive(Clone, Copy, Debug)]
pub struct Permitted {
    mount: bool,
    trace: bool,
}

impl Permitted {
    /// Whoever asks for all of them is told which one cannot be made.
    pub const ALL: Self = Self { mount: true, trace: true };

    /// What this machine permits.
    pub fn here() -> Self {
        Self { mount: disk::may_mount(), trace: disk::may_trace() }
    }
}

/// Every fault of an engine; tells each that lost nothing, and each that was left out.
pub async fn run(
    which: &Which,
    cluster: Option<&Cluster>,
    permitted: Permitted,
    tell: impl Fn(&str),
) -> Result<(), String> {
    let named = |name: &'static str| move |e: String| format!("{name}: {e}");
    on_site(which, clock::jumps).await.map_err(named("clock"))?;
    tell("the clock jumps by years, and servers die after it: time never goes back, nothing happens twice");
    on_site(which, descriptors::exhausted).await.map_err(named("descriptors"))?;
    tell("no descriptor is left: who is connected is served, who comes waits, all is well when some are free");
    match (which.engine, cluster) {
        (Engine::Sqlite, _) => {
            if permitted.mount {
                on_site(which, disk::full).await.map_err(named("disk full"))?;
                tell("the disk is full: 503 until there is room, and by itself 200 again");
            } else {
                tell("LEFT OUT, this machine lets nobody mount a disk: the disk is full");
            }
            if !permitted.trace {
                tell("LEFT OUT, this machine lets nobody trace a process: writes fail, a sync fails");
                return Ok(());
            }
            on_site(which, disk::writes_fail).await.map_err(named("failed writes"))?;
            tell("writes fail for a while: 503, and by itself 200 again");
            on_site(which, disk::sync_fails).await.map_err(named("failed sync"))?;
            tell("one sync fails: the server stops, and a new start finds everything that was answered");
        }
        (Engine::Postgres, Some(cluster)) => {
            on_site(which, async |site: &mut Site| postgres::lost(site, cluster).await).await.map_err(named("lost"))?;
            tell("PostgreSQL is killed and stopped under load: 503 until it is back, and by itself 200 again");
        }
        (Engine::Postgres, None) => return Err("--cluster-bin and --cluster-data say which PostgreSQL to kill".into()),
    }
    Ok(())
}

/// The end of every fault: the server still serves; then it is killed, and all is looked at twice.
async fn conclude(site: &mut Site, load: Load, mut server: Server) -> Result<(), String> {
    load.end().await.map_err(|e| format!("{e}\n{}", server.last_words()))?;
    site.verify().await?;
    server.kill()?;
    site.verify_dead().await?;
    site.start().await?.kill()?;
    site.verify_dead().await?;
    site.program.place.sound().await
}
