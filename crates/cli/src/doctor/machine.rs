//! Checks of this machine: data folder, free disk space, limit of open files.

use super::{DoctorCheck, failed, passed, warning};
use opendrs_config::Config;

/// Reports the data folder. The caller has checked that it can be used.
pub(super) fn check_data_folder(config: &Config) -> DoctorCheck {
    const NAME: &str = "data folder";
    let path = &config.server.data;
    let at = path.display();
    if path.is_dir() {
        passed(NAME, format!("{at} is writable"))
    } else {
        warning(NAME, format!("there is no {at}"), "the first start creates it; --data chooses another folder")
    }
}

/// Checks the free space on the disk of the data folder. Returns `None` if the space cannot be read.
pub(super) fn check_disk_space(config: &Config) -> Option<DoctorCheck> {
    const NAME: &str = "disk";
    let path = &config.server.data;
    let at = path.display();
    let stat = rustix::fs::statvfs(path).ok()?;
    let megabytes = (stat.f_bavail * stat.f_frsize) >> 20;
    let says = format!("{megabytes} MiB are free for {at}");
    let fix = "free disk space, move the folder, or keep readings for a shorter time";
    Some(match megabytes {
        0..200 => failed(NAME, says, fix),
        200..2048 => warning(NAME, says, fix),
        _ => passed(NAME, says),
    })
}

/// Checks the limit of open files. Each connection is an open file.
pub(super) fn check_open_file_limit(config: &Config) -> DoctorCheck {
    const NAME: &str = "open files";
    let needed = config.server.max_connections as u64 + 100;
    match rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        Some(limit) if limit < needed => {
            let says = format!("the limit is {limit} files, server.max_connections needs {needed}");
            warning(
                NAME,
                says,
                format!("set LimitNOFILE={needed} in the systemd unit, or run `ulimit -n {needed}` in the shell"),
            )
        }
        limit => passed(NAME, limit.map_or("there is no limit".into(), |limit| format!("the limit is {limit} files"))),
    }
}
