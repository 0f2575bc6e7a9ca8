//! The test bed: it fills stores, starts servers at their first use, and runs loads.
//!
//! Invariant: a server that is not called does nothing. Adjacent rows share a run; a run that is too long ago is
//! repeated.

mod stores;

use super::run::BenchRun;
use super::server::{AddressOutput, BenchServer, BenchServerKind, BenchStore, PeerServer};
use crate::command::{find_on_path, program};
use crate::error::{TaskError, TaskResult};
use crate::peers;
use crate::postgres::{Durability, PostgresCluster};
use crate::tools::Apt;
use crate::watchdog::TemporaryFolder;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use stores::{thin_out, warm_page_cache};

/// The maximum duration of a run in seconds.
const RUN_SECONDS: &str = "3";
/// The number of latest runs that are recent enough for comparison.
const COMPARABLE_RUNS: usize = 6;
/// The file name of PostgreSQL's fleet; that of a fleet with a thousand of its devices follows.
const POSTGRES_FLEET: &str = "postgres.fleet";
const POSTGRES_SMALL_FLEET: &str = "postgres.few.fleet";
/// The number of slots of each device that `opendrs-loadgen fill` makes.
const SLOTS: u64 = 2;

/// The results of one run.
#[derive(Clone, Copy, Debug)]
pub struct LoadMeasurement {
    /// Calls per second.
    pub rate: f64,
    /// The 99th percentile of the latency in microseconds.
    pub p99: f64,
}

/// The memory of a server that was alone on its store, in megabytes.
#[derive(Clone, Copy, Debug)]
pub struct MemoryUsage {
    /// The memory after its first answer.
    pub idle: f64,
    /// The peak memory under load.
    pub loaded: f64,
}

/// The runs of one round.
#[derive(Default)]
pub struct RoundRuns {
    finished: Vec<(BenchRun, LoadMeasurement)>,
    memory: Option<MemoryUsage>,
}

impl RoundRuns {
    /// Performs a run, unless one of the latest runs was the same.
    pub fn measure(&mut self, site: &mut BenchTestBed<'_>, run: BenchRun) -> TaskResult<LoadMeasurement> {
        if let Some((_, measured)) = self.finished.iter().rev().take(COMPARABLE_RUNS).find(|(done, _)| *done == run) {
            return Ok(*measured);
        }
        let rate = if run.at_half_rate {
            let whole = BenchRun { server: BenchServerKind::Sqlite(BenchStore::Devices1k), at_half_rate: false, ..run };
            Some(self.measure(site, whole)?.rate / 2.0)
        } else {
            None
        };
        let measured = site.run_load(run, rate)?;
        self.finished.push((run, measured));
        Ok(measured)
    }

    /// Measures the memory of a new server before and under load.
    pub fn memory(&mut self, site: &mut BenchTestBed<'_>) -> TaskResult<MemoryUsage> {
        let memory = match self.memory {
            Some(memory) => memory,
            None => site.measure_memory()?,
        };
        Ok(*self.memory.insert(memory))
    }
}

/// Everything that was started or created; all of it is removed when the value is dropped.
pub struct BenchTestBed<'t> {
    // Fields are dropped in this order, so users come before what they use.
    servers: Vec<(BenchServerKind, BenchServer)>,
    cluster: Option<PostgresCluster>,
    folder: TemporaryFolder,
    workspace: &'t Workspace,
    apt: Apt,
    opendrs_program: PathBuf,
    generator_program: PathBuf,
    peers: Option<PathBuf>,
    filled_stores: Vec<BenchStore>,
    full: bool,
    rounds: u64,
}

impl<'t> BenchTestBed<'t> {
    /// Builds the program as it is released. Starts nothing yet.
    pub fn build(tree: &'t Workspace, full: bool, rounds: usize) -> TaskResult<Self> {
        let build = ["build", "--profile", "dist", "--workspace", "--bin", "opendrs", "--bin", "opendrs-loadgen"];
        program("cargo").args(build).in_folder(&tree.root).run()?;
        Ok(Self {
            servers: Vec::new(),
            cluster: None,
            folder: TemporaryFolder::create("opendrs-bench")?,
            workspace: tree,
            apt: Apt::default(),
            opendrs_program: tree.own_path("..").join("dist/opendrs"),
            generator_program: tree.own_path("..").join("dist/opendrs-loadgen"),
            peers: None,
            filled_stores: Vec::new(),
            full,
            rounds: u64::try_from(rounds).unwrap_or(1),
        })
    }

    /// Measures the time from a server's start on a store to its first answer, in milliseconds.
    pub fn measure_start_time(&mut self, store: BenchStore) -> TaskResult<f64> {
        self.fill_store(store)?;
        self.servers.retain(|(who, _)| *who != BenchServerKind::Sqlite(store));
        BenchServer::measure_start_time(self.serve_command(store))
    }

    /// Measures the rate of delivered notifications over the rate of signatures of a version on the same cores.
    pub fn measure_deliveries(&mut self, version: &str) -> TaskResult<f64> {
        let said = program(&self.generator_program)
            .args(["deliveries", "--json", "--signature", version])
            .with_time_limit(Duration::from_secs(180))
            .read_output()?;
        let ratio = json_member(&said, "ratio").and_then(|text| text.parse().ok());
        ratio.ok_or_else(|| {
            TaskError::new(format!("unexpected answer: {said}"), "build program and xtask from one commit")
        })
    }

    fn measure_memory(&mut self) -> TaskResult<MemoryUsage> {
        self.fill_store(BenchStore::Devices1kExclusive)?;
        let server = BenchServer::start(
            self.serve_command(BenchStore::Devices1kExclusive),
            AddressOutput::Stderr,
            self.fleet_file(BenchStore::Devices1kExclusive),
        )?;
        server.wait_for_health()?;
        let idle = server.read_memory("VmRSS")?;
        self.run_generator((&server, &server.fleet), ("slot-status", 256), &[])?;
        Ok(MemoryUsage { idle, loaded: server.read_memory("VmHWM")? })
    }

    /// Runs a load.
    fn run_load(&mut self, run: BenchRun, rate: Option<f64>) -> TaskResult<LoadMeasurement> {
        let at = self.server_index(run.server)?;
        let (server, mut more) = (&self.servers[at].1, Vec::new());
        if let Some(rate) = rate {
            more.extend(["--rate".to_owned(), format!("{:.0}", rate.max(1.0))]);
        }
        if run.kind == "replenish" {
            // Each round uses its share, because a slot can be used once. The anchor stores no orders, so it uses slots
            // again.
            let share = self.token_count(BenchStore::ReplenishDevices) * SLOTS / self.rounds;
            match run.server {
                BenchServerKind::Anchor => more.push("--again".to_owned()),
                _ => {
                    more.extend(
                        ["--from", &server.next_unused.to_string(), "--calls", &share.to_string()].map(str::to_owned),
                    );
                }
            }
        }
        if let BenchServerKind::Sqlite(store) = run.server {
            warm_page_cache(&self.data_folder(store))?;
        }
        let fleet = self.fleet_for_run(run).unwrap_or_else(|| server.fleet.clone());
        let (measured, next) = self.run_generator((server, &fleet), (run.kind, run.connections), &more)?;
        if run.kind == "replenish" && run.server != BenchServerKind::Anchor {
            self.servers[at].1.next_unused = next;
        }
        Ok(measured)
    }

    /// The fleet of a run, if it is not that of its server. A large fleet slows the generator considerably, so both
    /// sides of a ratio are called with fleets of the same size.
    fn fleet_for_run(&self, run: BenchRun) -> Option<PathBuf> {
        match run.server {
            BenchServerKind::Anchor
                if run.kind == "replenish" && self.filled_stores.contains(&BenchStore::ReplenishDevices) =>
            {
                Some(self.fleet_file(BenchStore::ReplenishDevices))
            }
            BenchServerKind::Anchor if run.kind == "replenish" => Some(self.folder.path.join(POSTGRES_FLEET)),
            BenchServerKind::Postgres if run.kind != "replenish" => Some(self.folder.path.join(POSTGRES_SMALL_FLEET)),
            _ => None,
        }
    }

    fn run_generator(
        &self,
        (server, fleet): (&BenchServer, &Path),
        (kind, connections): (&str, u16),
        more: &[String],
    ) -> TaskResult<(LoadMeasurement, u64)> {
        let connections = connections.to_string();
        let words = [kind, "--server", &server.address, "--connections", &connections];
        let said = program(&self.generator_program)
            .args(words)
            .args(["--seconds", RUN_SECONDS, "--json", "--fleet"])
            .args([fleet])
            .args(more)
            .with_time_limit(Duration::from_secs(60))
            .read_output()?;
        let number = |name| json_member(&said, name).and_then(|text| text.parse::<f64>().ok());
        match (number("rate"), number("p99_us"), json_member(&said, "next").and_then(|next| next.parse().ok())) {
            (Some(rate), Some(p99), Some(next)) => Ok((LoadMeasurement { rate, p99 }, next)),
            _ => Err(TaskError::new(format!("unexpected answer: {said}"), "build program and xtask from one commit")),
        }
    }

    /// The index of a server among the running ones. Starts the server if it does not run yet.
    fn server_index(&mut self, who: BenchServerKind) -> TaskResult<usize> {
        if let Some(at) = self.servers.iter().position(|(running, _)| *running == who) {
            return Ok(at);
        }
        let server = match who {
            BenchServerKind::Anchor => {
                // The anchor does not check tokens, so any fleet will do.
                self.fill_store(BenchStore::Devices1k)?;
                let mut command = Command::new(&self.generator_program);
                command.args(["anchor"]);
                BenchServer::start(command, AddressOutput::Stdout, self.fleet_file(BenchStore::Devices1k))?
            }
            BenchServerKind::Sqlite(store) => {
                self.fill_store(store)?;
                BenchServer::start(self.serve_command(store), AddressOutput::Stderr, self.fleet_file(store))?
            }
            BenchServerKind::Traced { slow } => self.start_traced_server(slow)?,
            BenchServerKind::Postgres => self.start_postgres_server()?,
            BenchServerKind::Peer(peer) => self.start_peer(peer)?,
        };
        self.servers.push((who, server));
        Ok(self.servers.len() - 1)
    }

    /// Starts a server under `strace`, which stops the program at syncs only.
    fn start_traced_server(&mut self, slow: bool) -> TaskResult<BenchServer> {
        if find_on_path("strace").is_none() {
            self.apt.install(&["strace"])?;
        }
        let store = BenchStore::Devices1kTraced(slow);
        self.fill_store(store)?;
        let mut command = Command::new("strace");
        command.args(["-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"]);
        if slow {
            command.args(["-e", "inject=fsync,fdatasync:delay_enter=1000"]);
        }
        let serve = self.serve_command(store);
        command.arg(serve.get_program()).args(serve.get_args());
        BenchServer::start(command, AddressOutput::Stderr, self.fleet_file(store))
    }

    fn start_postgres_server(&mut self) -> TaskResult<BenchServer> {
        let url = self.postgres_url()?;
        let (fleet, few) = (self.folder.path.join(POSTGRES_FLEET), self.folder.path.join(POSTGRES_SMALL_FLEET));
        let data = self.folder.path.join("postgres");
        let (devices, tokens) = (
            self.device_and_reading_counts(BenchStore::ReplenishDevices).0,
            self.token_count(BenchStore::ReplenishDevices),
        );
        eprintln!("  filling PostgreSQL with {devices} devices");
        program(&self.generator_program)
            .args(["fill", "--database-url", &url, "--devices", &devices.to_string(), "--tokens"])
            .args([&tokens.to_string(), "--fleet"])
            .args([&fleet])
            .env("OPENDRS_KEYS_MASTER_FILE", data.join("master.key"))
            .read_output()?;
        thin_out(&fleet, &few, usize::try_from(tokens / self.token_count(BenchStore::Devices1k)).unwrap_or(1))?;
        let mut command = Command::new(&self.opendrs_program);
        command.args(SERVE_ARGS).args(["--database-url", &url]);
        command.env("OPENDRS_KEYS_MASTER_FILE", data.join("master.key"));
        BenchServer::start(command, AddressOutput::Stderr, fleet)
    }

    /// The URL of a cluster that survives a power failure, as SQLite does in these runs.
    fn postgres_url(&mut self) -> TaskResult<String> {
        let cluster = match self.cluster.take() {
            Some(cluster) => cluster,
            None => PostgresCluster::start(self.workspace, &mut self.apt, "bench-postgres", Durability::Full)?,
        };
        Ok(self.cluster.insert(cluster).url.clone())
    }

    fn start_peer(&mut self, peer: PeerServer) -> TaskResult<BenchServer> {
        let folder = match self.peers.clone() {
            Some(folder) => folder,
            None => peers::install_node_packages(self.workspace, &mut self.apt, "fastify")?,
        };
        self.peers = Some(folder.clone());
        self.fill_store(BenchStore::Devices1k)?;
        let (fleet, own) = (self.fleet_file(BenchStore::Devices1k), self.folder.path.join("oidc.fleet"));
        let file = |name: &str| self.folder.path.join(name).into_os_string();
        let mut command = Command::new("node");
        command.current_dir(folder);
        match peer {
            PeerServer::SqliteCommitEach => command.args(["slot-status.mjs", "each"]).arg(&fleet).arg(file("each.db")),
            PeerServer::SqliteGroupCommit => {
                command.args(["slot-status.mjs", "grouped"]).arg(&fleet).arg(file("grouped.db"))
            }
            PeerServer::PostgresPool => {
                let url = self.postgres_url()?;
                command.args(["slot-status.mjs", "pool"]).arg(&fleet).arg(url)
            }
            PeerServer::OidcProvider => command.arg("token.mjs").arg(&own),
        };
        BenchServer::start(command, AddressOutput::Stdout, if peer == PeerServer::OidcProvider { own } else { fleet })
    }

    fn serve_command(&self, store: BenchStore) -> Command {
        let mut command = Command::new(&self.opendrs_program);
        command.args(SERVE_ARGS).arg("--data").arg(self.data_folder(store));
        command
    }
}

/// The arguments of every measured server. Its few devices call more often than real ones, so limits are off.
const SERVE_ARGS: [&str; 4] = ["serve", "--listen", "127.0.0.1:0", "--no-limits"];

/// The text of a member's value in a flat JSON object.
fn json_member<'t>(json: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = json.split_once(&format!("\"{name}\":"))?;
    Some(rest[..rest.find([',', '}'])?].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found() {
        let json = r#"{"kind":"slot-status","rate":12.5,"next":3}"#;
        assert_eq!(json_member(json, "kind"), Some("\"slot-status\""));
        assert_eq!(
            (json_member(json, "rate"), json_member(json, "next"), json_member(json, "none")),
            (Some("12.5"), Some("3"), None)
        );
    }
}
