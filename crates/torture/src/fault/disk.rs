//! Disks that are full, that fail to write, that fail to sync: SQLite's file lies on them.
//!
//! The full disk is a small file system of memory; failures are made by the system, as `strace` tells it to.

use super::conclude;
use crate::site::Site;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// How large the small disk is: what the load alone writes must fit, or the disk is full where nobody filled it. SQLite's
/// log alone grows to 16 MiB before its pages move to the database.
const SIZE: &str = "size=64m";

/// A small disk over a folder. A shell of its own unmounts it when its input ends: when this goes, or we are killed.
struct SmallDisk(Child);

/// `$1` is the folder, `$2` the size.
const MOUNT: &str = r#"
mount -t tmpfs -o "$2" opendrs "$1" || exit 1
trap 'umount -l "$1"' EXIT
trap '' HUP INT TERM
echo mounted
read -r _
"#;

impl SmallDisk {
    fn mount(at: &Path) -> Result<Self, String> {
        let mut command = Command::new("sh");
        command.args(["-c", MOUNT, "sh"]).arg(at).arg(SIZE).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut disk = Self(command.spawn().map_err(|e| format!("sh: {e}"))?);
        let mut line = String::new();
        let said = disk.0.stdout.take().map(|pipe| BufReader::new(pipe).read_line(&mut line));
        match said {
            Some(Ok(_)) if line == "mounted\n" => Ok(disk),
            _ => Err("a small disk cannot be mounted: run this as root, where mounting is permitted".into()),
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.0.stdin.take();
        let _ = self.0.wait();
    }
}

/// Whether a small disk can be mounted here.
pub fn may_mount() -> bool {
    let folder = tempfile::tempdir();
    folder.is_ok_and(|folder| SmallDisk::mount(folder.path()).is_ok())
}

/// Whether a process can be traced here, as [`failing`] does it.
pub fn may_trace() -> bool {
    let words = failing("fdatasync", "1");
    let traced = Command::new(&words[0]).args(&words[1..]).arg("true").stderr(Stdio::null()).status();
    traced.is_ok_and(|status| status.success())
}

/// Fills the disk under load, twice; then makes room.
pub async fn full(site: &mut Site) -> Result<(), String> {
    let folder = site.program.data.clone();
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let _disk = SmallDisk::mount(&folder)?;
    let ballast = folder.join("ballast");

    let server = site.found().await?;
    let mut load = site.load(&server.base, true);
    for _ in 0..2 {
        load.answered().await?;
        fill(&ballast)?;
        load.refused().await?;
        std::fs::remove_file(&ballast).map_err(|e| e.to_string())?;
    }
    load.answered().await?;
    conclude(site, load, server).await
}

/// Writes until nothing fits any more.
fn fill(path: &Path) -> Result<(), String> {
    let mut file = File::create(path).map_err(|e| format!("{}: {e}", path.display()))?;
    for size in [65_536, 4_096, 512, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
    Ok(())
}

/// A tracer that lets a call of the system fail. It is no parent of the server, so a kill hits the server itself.
fn failing(calls: &str, when: &str) -> Vec<String> {
    let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:error=EIO:when={when}"));
    ["strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "signal=none", "-e", &trace, "-e", &inject]
        .map(str::to_owned)
        .to_vec()
}

/// Writes to the file fail for a while.
pub async fn writes_fail(site: &mut Site) -> Result<(), String> {
    site.found().await?.kill()?;
    let from = site.rng.u32(100..300);
    // Only the writer writes, so it alone is counted.
    site.program.under = failing("pwrite64", &format!("{from}..{}", from + 400));
    let server = site.start().await?;
    let mut load = site.load(&server.base, true);
    load.refused().await?;
    load.answered().await?;
    site.program.under.clear();
    conclude(site, load, server).await
}

/// One sync fails; that the next one would not must not matter.
pub async fn sync_fails(site: &mut Site) -> Result<(), String> {
    site.found().await?.kill()?;
    let when = site.rng.u32(30..120).to_string();
    site.program.under = failing("fsync,fdatasync", &when);
    let mut server = site.start().await?;
    let load = site.load(&server.base, true);
    let ended = server.ended().ok_or("a sync failed, and the server did not stop")?;
    load.end().await.map_err(|e| format!("{e}\n{}", server.last_words()))?;
    if ended.code() != Some(1) || !server.last_words().contains("the disk failed to sync") {
        return Err(format!("the server should stop and say why, not end with {ended}:\n{}", server.last_words()));
    }
    site.verify_dead().await?;
    site.program.under.clear();
    let server = site.start().await?;
    let mut load = site.load(&server.base, true);
    load.answered().await?;
    conclude(site, load, server).await
}
