//! The fault of a PostgreSQL that is killed under load and restarted.

use super::finish_and_verify;
use crate::test_bed::TestBed;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A cluster without other users.
#[derive(Clone, Debug)]
pub struct ExclusiveCluster {
    /// The folder of `pg_ctl`.
    pub bin: PathBuf,
    /// Its data folder.
    pub data: PathBuf,
}

impl ExclusiveCluster {
    /// Runs `pg_ctl` as the owner of the data.
    fn run_pg_ctl(&self, words: &[&str]) -> Result<(), String> {
        let owner = std::fs::metadata(&self.data).map_err(|e| format!("{}: {e}", self.data.display()))?;
        let us = std::fs::metadata("/proc/self").map_err(|e| e.to_string())?;
        let log = self.data.join("restarts.log");
        let mut command = Command::new(self.bin.join("pg_ctl"));
        command.args(words).arg("-D").arg(&self.data).arg("-l").arg(&log);
        command.current_dir("/").env("LC_ALL", "C");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if owner.uid() != us.uid() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            other => {
                let log = std::fs::read_to_string(&log).unwrap_or_default();
                let last = log.lines().rev().take(8).collect::<Vec<_>>().join("\n");
                Err(format!("pg_ctl {}: {other:?}; newest first:\n{last}", words.join(" ")))
            }
        }
    }

    /// Sends SIGKILL to every process of the cluster, to the first one before the others, so that it cannot notify
    /// them.
    async fn kill(&self) -> Result<(), String> {
        let file = self.data.join("postmaster.pid");
        let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let first = text.lines().next().unwrap_or_default().to_owned();
        let mut all = vec![first.clone()];
        all.extend(child_processes(&first));
        let killed = Command::new("sh").args(["-c", "kill -9 \"$@\"", "sh"]).args(&all).stderr(Stdio::null()).status();
        killed.map_err(|e| format!("kill: {e}"))?;
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        for _ in 0..4_000 {
            ticks.tick().await;
            if !all.iter().any(|id| is_alive(id)) {
                // In many containers no process reaps zombies, and the next server would take this one for alive.
                return std::fs::remove_file(&file).map_err(|e| format!("{}: {e}", file.display()));
            }
        }
        Err("PostgreSQL does not die".into())
    }
}

/// Parent and state of a process, from the fields after its name in `/proc/PID/stat`.
fn parent_and_state(id: &str) -> Option<(String, String)> {
    let text = std::fs::read_to_string(Path::new("/proc").join(id).join("stat")).ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().map(str::to_owned);
    let state = fields.next()?;
    Some((fields.next()?, state))
}

fn child_processes(parent: &str) -> Vec<String> {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = all.filter_map(|entry| entry.file_name().into_string().ok());
    ids.filter(|id| parent_and_state(id).is_some_and(|(of, _)| of == parent)).collect()
}

fn is_alive(id: &str) -> bool {
    // A zombie has released all its resources.
    parent_and_state(id).is_some_and(|(_, state)| state != "Z")
}

/// Kills PostgreSQL, stops it with `immediate`, and kills it again. Each time it is restarted, and the server must
/// recover.
pub async fn postgres_killed_and_stopped(bed: &mut TestBed, cluster: &ExclusiveCluster) -> Result<(), String> {
    let server = bed.create_store().await?;
    let mut load = bed.start_load(&server.base_url, true);
    for killed in [true, false, true] {
        load.wait_for_successes().await?;
        if killed {
            cluster.kill().await?;
        } else {
            cluster.run_pg_ctl(&["stop", "-m", "immediate"])?;
        }
        load.wait_for_refusals().await?;
        cluster.run_pg_ctl(&["start", "--wait", "--timeout=60"])?;
    }
    load.wait_for_successes().await?;
    finish_and_verify(bed, load, server).await
}
