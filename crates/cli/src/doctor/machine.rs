//! What this machine has for the server: room on its disk, open files.

use super::{Check, failed, good, warning};
use opendrs_server::config::Config;

/// The data folder, which can be used.
pub(super) fn folder(config: &Config) -> Check {
    const NAME: &str = "data folder";
    let path = &config.server.data;
    let at = path.display();
    match path.is_dir() {
        true => good(NAME, format!("{at} can be written")),
        false => warning(NAME, format!("there is no {at}"), "the first start makes it, or choose another with --data"),
    }
}

/// Room for the data folder.
pub(super) fn disk(config: &Config) -> Option<Check> {
    const NAME: &str = "disk";
    let path = &config.server.data;
    let at = path.display();
    let stat = rustix::fs::statvfs(path).ok()?;
    let megabytes = (stat.f_bavail * stat.f_frsize) >> 20;
    let says = format!("{megabytes} MiB are free for {at}");
    let fix = "free some, move the folder, or keep readings for a shorter time";
    Some(match megabytes {
        0..200 => failed(NAME, says, fix),
        200..2048 => warning(NAME, says, fix),
        _ => good(NAME, says),
    })
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
