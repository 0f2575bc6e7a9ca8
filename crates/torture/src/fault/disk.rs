//! Faults of the disk with SQLite's file: it is full, writes fail, a sync fails.
//!
//! The full disk is a small file system in memory; `strace` makes system calls fail.

use super::finish_and_verify;
use crate::device::{self, CallOutcome};
use crate::test_bed::TestBed;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The size of the small disk. The load alone must fit, or the disk would be full before it is filled. SQLite's
/// write-ahead log alone grows to 16 MiB before its pages move to the database.
const SIZE_OPTION: &str = "size=64m";

/// A small disk mounted over a folder. A shell unmounts it when its input ends: when this value is dropped, or this
/// process is killed.
struct SmallDisk(Child);

/// `$1` is the folder, `$2` the size.
const MOUNT_SCRIPT: &str = r#"
mount -t tmpfs -o "$2" opendrs "$1" || exit 1
trap 'umount -l "$1"' EXIT
trap '' HUP INT TERM
echo mounted
read -r _
"#;

impl SmallDisk {
    fn mount(at: &Path) -> Result<Self, String> {
        let mut command = Command::new("sh");
        command.args(["-c", MOUNT_SCRIPT, "sh"]).arg(at).arg(SIZE_OPTION).process_group(0);
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
pub fn can_mount() -> bool {
    let folder = tempfile::tempdir();
    folder.is_ok_and(|folder| SmallDisk::mount(folder.path()).is_ok())
}

/// Whether a process can be traced here, as [`failing_syscall_tracer`] does it.
pub fn can_trace() -> bool {
    let words = failing_syscall_tracer("fdatasync", "1");
    let traced = Command::new(&words[0]).args(&words[1..]).arg("true").stderr(Stdio::null()).status();
    traced.is_ok_and(|status| status.success())
}

/// Fills the disk under load and frees it again, twice.
pub async fn disk_full(bed: &mut TestBed) -> Result<(), String> {
    let folder = bed.program.data.clone();
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let _disk = SmallDisk::mount(&folder)?;
    let ballast = folder.join("ballast");

    let server = bed.create_store().await?;
    let mut load = bed.start_load(&server.base_url, true);
    for _ in 0..2 {
        load.wait_for_successes().await?;
        fill_disk(&ballast)?;
        load.wait_for_refusals().await?;
        wait_until_unhealthy(&server.base_url).await?;
        std::fs::remove_file(&ballast).map_err(|e| e.to_string())?;
    }
    load.wait_for_successes().await?;
    finish_and_verify(bed, load, server).await
}

/// Asks for the health until it is refused. A write that fits into freed pages of the log may succeed in between.
async fn wait_until_unhealthy(base: &str) -> Result<(), String> {
    for _ in 0..1_000 {
        if !matches!(device::call_control(base, "/-/health", None).await?, CallOutcome::Succeeded(_)) {
            return Ok(());
        }
    }
    Err("the disk is full, and the server calls itself healthy".into())
}

/// Writes until the disk is full.
fn fill_disk(path: &Path) -> Result<(), String> {
    let mut file = File::create(path).map_err(|e| format!("{}: {e}", path.display()))?;
    for size in [65_536, 4_096, 512, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
    Ok(())
}

/// A tracer that makes a system call fail. It is not the server's parent, so a kill reaches the server itself.
fn failing_syscall_tracer(calls: &str, when: &str) -> Vec<String> {
    let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:error=EIO:when={when}"));
    ["strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "signal=none", "-e", &trace, "-e", &inject]
        .map(str::to_owned)
        .to_vec()
}

/// Writes to the file fail for a while.
pub async fn writes_fail(bed: &mut TestBed) -> Result<(), String> {
    bed.create_store().await?.kill()?;
    let from = bed.rng.u32(100..300);
    // Only the writer writes, so the count includes its calls only.
    bed.program.wrapper = failing_syscall_tracer("pwrite64", &format!("{from}..{}", from + 400));
    let server = bed.restart().await?;
    let mut load = bed.start_load(&server.base_url, true);
    load.wait_for_refusals().await?;
    load.wait_for_successes().await?;
    bed.program.wrapper.clear();
    finish_and_verify(bed, load, server).await
}

/// One sync fails. The server must stop, although the next sync would succeed.
pub async fn sync_fails(bed: &mut TestBed) -> Result<(), String> {
    bed.create_store().await?.kill()?;
    let when = bed.rng.u32(30..120).to_string();
    bed.program.wrapper = failing_syscall_tracer("fsync,fdatasync", &when);
    let mut server = bed.restart().await?;
    let load = bed.start_load(&server.base_url, true);
    let ended = server.wait_for_exit().ok_or("a sync failed, and the server did not stop")?;
    load.finish().await.map_err(|e| format!("{e}\n{}", server.last_log_lines()))?;
    if ended.code() != Some(1) || !server.last_log_lines().contains("the disk failed to sync") {
        return Err(format!("the server should stop and say why, not end with {ended}:\n{}", server.last_log_lines()));
    }
    bed.verify_after_death().await?;
    bed.program.wrapper.clear();
    let server = bed.restart().await?;
    let mut load = bed.start_load(&server.base_url, true);
    load.wait_for_successes().await?;
    finish_and_verify(bed, load, server).await
}
