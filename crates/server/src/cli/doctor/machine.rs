//! What this machine has for the server: room on its disk, open files.

use super::{Check, failed, good, warning};
use crate::config::Config;

pub(super) fn folder(config: &Config) -> Vec<Check> {
    const NAME: &str = "data folder";
    let path = &config.server.data;
    let at = path.display();
    if !path.is_dir() {
        return vec![warning(
            NAME,
            format!("there is no {at}"),
            "the first start makes it, or choose another with --data",
        )];
    }
    let mut checks = Vec::new();
    let may = rustix::fs::access(path, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok();
    checks.push(match may {
        true => good(NAME, format!("{at} can be written")),
        false => {
            failed(NAME, format!("{at} cannot be written by this user"), "chown it, or choose another with --data")
        }
    });
    if let Ok(stat) = rustix::fs::statvfs(path) {
        let megabytes = (stat.f_bavail * stat.f_frsize) >> 20;
        let says = format!("{megabytes} MiB are free for {at}");
        let fix = "free some, move the folder, or keep readings for a shorter time";
        checks.push(match megabytes {
            0..200 => failed("disk", says, fix),
            200..2048 => warning("disk", says, fix),
            _ => good("disk", says),
        });
    }
    checks
}

/// A connection is an open file.
pub(super) fn files(config: &Config) -> Check {
    const NAME: &str = "open files";
    let needed = config.server.max_connections as u64 + 100;
    match rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        Some(limit) if limit < needed => {
            let says = format!("{limit} may be open, server.max_connections needs {needed}");
            warning(NAME, says, format!("LimitNOFILE={needed} in the systemd unit, `ulimit -n {needed}` in a shell"))
        }
        limit => good(NAME, limit.map_or("any number may be open".into(), |limit| format!("{limit} may be open"))),
    }
}
