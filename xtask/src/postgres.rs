//! A throw-away PostgreSQL cluster for the tests.
//!
//! Not here: databases and schemas; each test makes its own. A cluster started without durability has fsync off, so
//! nothing that needs durability may use it. Invariant: the cluster and its folder are removed when the
//! [`PostgresCluster`] is dropped or this process is killed.

use crate::command::{find_on_path, program};
use crate::error::{TaskError, TaskResult};
use crate::tools::{self, Apt};
use crate::watchdog::{self, Watchdog};
use crate::workspace::Workspace;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};

/// The environment variable in which tests find a cluster.
pub const CLUSTER_VARIABLE: &str = "OPENDRS_TEST_POSTGRES";

/// The script that runs as the cluster's owner. It prints `initialised`, reads a port, prints `ready`, and waits for
/// the end of its input. There is no Unix socket, because its path may exceed the limit of 107 bytes.
const SCRIPT: &str = r#"
bin=$2 sync=$3 data=$folder/db
"$bin/initdb" --pgdata="$data" --username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync >&2 || exit 1
echo initialised
read -r port || exit 0
cat >>"$data/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
max_connections = 400
fsync = $sync
full_page_writes = $sync
END
clean() { "$bin/pg_ctl" stop -m immediate -D "$data" >&2; }
"$bin/pg_ctl" start --wait --timeout=60 -D "$data" >&2 || exit 1
echo ready
read -r _
"#;

/// Whether a cluster survives a power failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// It does not survive one, and is fast.
    Relaxed,
    /// It survives one, as in production.
    Full,
}

/// A running cluster.
pub struct PostgresCluster {
    /// Its URL with the name of a superuser: `postgres://...`.
    pub url: String,
    /// The file with all output of the cluster and of its start.
    pub log: PathBuf,
    /// The folder of `pg_ctl`.
    pub bin: PathBuf,
    /// The cluster's data folder.
    pub data: PathBuf,
    _watchdog: Watchdog,
}

impl PostgresCluster {
    /// Starts a cluster and waits until it answers; `name` is the name of its log file. Installs PostgreSQL if it is
    /// missing.
    pub fn start(tree: &Workspace, apt: &mut Apt, name: &str, durability: Durability) -> TaskResult<Self> {
        let programs = match find_server_programs() {
            Some(programs) => programs,
            None => {
                apt.install(&["postgresql"])?;
                let fix = "install PostgreSQL 15 or newer, with `initdb` and `pg_ctl` on PATH";
                find_server_programs().ok_or_else(|| TaskError::new("PostgreSQL's `initdb` is not to be found", fix))?
            }
        };
        let (log, file) = create_log_file(tree, name)?;
        let failed = |what: &str| {
            let fix = format!("mend what the end of its log tells:\n{}", last_log_lines(&log));
            TaskError::new(format!("PostgreSQL {what}"), fix)
        };

        let sync = Path::new(if durability == Durability::Full { "on" } else { "off" });
        let mut command = watchdog::temporary_folder_shell("opendrs-postgres", SCRIPT, &[&programs, sync]);
        command.stderr(file).env("LC_ALL", "C");
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("PG") {
                command.env_remove(variable);
            }
        }
        if tools::is_root()? {
            // initdb refuses root.
            command.uid(postgres_account_id("-u")?).gid(postgres_account_id("-g")?);
        }
        let mut watchdog = Watchdog::start(command)?;
        let data = Path::new(&watchdog.read_line().ok_or_else(watchdog::folder_error)?).join("db");
        watchdog.read_line().ok_or_else(|| failed("made no cluster"))?;
        let port = free_port()?;
        watchdog.write_line(&port.to_string())?;
        watchdog.read_line().ok_or_else(|| failed("did not start"))?;
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        Ok(Self { url, log, bin: programs, data, _watchdog: watchdog })
    }
}

/// `cargo xtask postgres`: runs a cluster until standard input or this process ends.
pub fn run(tree: &Workspace) -> TaskResult {
    let cluster = PostgresCluster::start(tree, &mut Apt::default(), "postgres", Durability::Relaxed)?;
    println!("export {CLUSTER_VARIABLE}={}", cluster.url);
    eprintln!("PostgreSQL runs until Ctrl-C or the end of standard input; its log: {}", cluster.log.display());
    // An error of the input means the same as its end.
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    Ok(())
}

/// The folder of `initdb` and `pg_ctl`: Debian's newest server, or the one on PATH. A client package has neither.
fn find_server_programs() -> Option<PathBuf> {
    let debian = Path::new("/usr/lib/postgresql");
    let folders = fs::read_dir(debian).into_iter().flatten().flatten();
    let versions = newest_first(folders.filter_map(|folder| folder.file_name().into_string().ok()));
    let path = find_on_path("initdb").and_then(|initdb| Some(Path::new(&initdb).parent()?.to_owned()));
    let mut places = versions.iter().map(|version| debian.join(version.to_string()).join("bin")).chain(path);
    places.find(|bin| bin.join("initdb").is_file() && bin.join("pg_ctl").is_file())
}

/// The names that are version numbers, newest first.
fn newest_first(names: impl Iterator<Item = String>) -> Vec<u32> {
    let mut versions: Vec<u32> = names.filter_map(|name| name.parse().ok()).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions
}

/// The id of the user (`-u`) or group (`-g`) that Debian's package creates for PostgreSQL.
fn postgres_account_id(which: &str) -> TaskResult<u32> {
    let text = program("id").args([which, "postgres"]).read_output()?;
    text.parse().map_err(|_| TaskError::new(format!("`id` said `{text}`"), "add a user `postgres` to the system"))
}

/// A port without a listener; it is used within milliseconds.
fn free_port() -> TaskResult<u16> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    let port = port.map(|address| address.port());
    port.map_err(|error| TaskError::new(format!("no free port: {error}"), "see that 127.0.0.1 can be listened on"))
}

fn create_log_file(tree: &Workspace, name: &str) -> TaskResult<(PathBuf, File)> {
    let log = tree.own_path(&format!("{name}.log"));
    let file = fs::create_dir_all(tree.own_path("")).and_then(|()| File::create(&log));
    let file = file.map_err(|error| tools::write_error(&log, &error))?;
    Ok((log, file))
}

/// The end of a log, for readers who cannot open the file.
fn last_log_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(newest_first(["9", "17", "README", "15"].map(str::to_owned).into_iter()), [17, 15, 9]);
    }
}
