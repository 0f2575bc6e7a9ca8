//! Where it is measured: stores filled, servers started at their first use, loads run.
//!
//! Invariant: a server that is not called does nothing; rows that follow each other share a run, and one that is no
//! longer near in time is made again.

mod stores;

use super::rows::Run;
use super::server::{Peer, Server, Store, Tells, Who};
use crate::command::{on_path, program};
use crate::failure::{Failure, Outcome};
use crate::peers;
use crate::postgres::{Cluster, Durability};
use crate::tools::Apt;
use crate::tree::Tree;
use crate::watchdog::Folder;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use stores::{thin_out, warm};

/// How long one run lasts at most, in seconds.
const SECONDS: &str = "3";
/// How many runs back one is still near enough to be compared with.
const NEAR: usize = 6;
/// PostgreSQL's fleet, and one of a thousand devices of it.
const POSTGRES_FLEET: &str = "postgres.fleet";
const POSTGRES_FEW: &str = "postgres.few.fleet";
/// Slots of each device that `opendrs bench fill` makes.
const SLOTS: u64 = 2;

/// What one run measured.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Calls a second.
    pub rate: f64,
    /// In microseconds.
    pub p99: f64,
}

/// Megabytes of a server that was alone on its store.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// After its first answer.
    pub idle: f64,
    /// At most, under load.
    pub loaded: f64,
}

/// The runs of one round.
#[derive(Default)]
pub struct Runs {
    done: Vec<(Run, Measured)>,
    memory: Option<Memory>,
}

impl Runs {
    /// Makes a run, unless one of the last few was the same.
    pub fn measure(&mut self, site: &mut Site<'_>, run: Run) -> Outcome<Measured> {
        if let Some((_, measured)) = self.done.iter().rev().take(NEAR).find(|(done, _)| *done == run) {
            return Ok(*measured);
        }
        let rate = match run.at_half {
            true => {
                let whole = Run { who: Who::Sqlite(Store::Thousand), at_half: false, ..run };
                Some(self.measure(site, whole)?.rate / 2.0)
            }
            false => None,
        };
        let measured = site.load(run, rate)?;
        self.done.push((run, measured));
        Ok(measured)
    }

    /// What a fresh server needs before and under load.
    pub fn memory(&mut self, site: &mut Site<'_>) -> Outcome<Memory> {
        let memory = match self.memory {
            Some(memory) => memory,
            None => site.memory()?,
        };
        Ok(*self.memory.insert(memory))
    }
}

/// Everything that is started or made; the last of it goes with this.
pub struct Site<'t> {
    // Dropped in this order: who uses something goes before it.
    servers: Vec<(Who, Server)>,
    cluster: Option<Cluster>,
    folder: Folder,
    tree: &'t Tree,
    apt: Apt,
    opendrs: PathBuf,
    peers: Option<PathBuf>,
    stores: Vec<Store>,
    full: bool,
    rounds: u64,
}

impl<'t> Site<'t> {
    /// Builds the program as it is shipped; nothing is started yet.
    pub fn build(tree: &'t Tree, full: bool, rounds: usize) -> Outcome<Self> {
        program("cargo").args(["build", "--profile", "dist", "--bin", "opendrs"]).within(&tree.root).run()?;
        Ok(Self {
            servers: Vec::new(),
            cluster: None,
            folder: Folder::make("opendrs-bench")?,
            tree,
            apt: Apt::default(),
            opendrs: tree.own("..").join("dist/opendrs"),
            peers: None,
            stores: Vec::new(),
            full,
            rounds: u64::try_from(rounds).unwrap_or(1),
        })
    }

    /// How long a server on a store takes from its start to its first answer, in milliseconds.
    pub fn start_time(&mut self, store: Store) -> Outcome<f64> {
        self.fill(store)?;
        self.servers.retain(|(who, _)| *who != Who::Sqlite(store));
        Server::timed(self.serve(store))
    }

    /// Notifications that are delivered, over signatures of a version that the same cores make.
    pub fn deliveries(&mut self, version: &str) -> Outcome<f64> {
        let said = program(&self.opendrs)
            .args(["bench", "deliveries", "--json", "--signature", version])
            .limit(Duration::from_secs(180))
            .read()?;
        let ratio = field(&said, "ratio").and_then(|text| text.parse().ok());
        ratio.ok_or_else(|| {
            Failure::new(format!("unexpected answer: {said}"), "build program and xtask from one commit")
        })
    }

    fn memory(&mut self) -> Outcome<Memory> {
        self.fill(Store::Alone)?;
        let server = Server::start(self.serve(Store::Alone), Tells::Err, self.fleet(Store::Alone))?;
        server.answer()?;
        let idle = server.memory("VmRSS")?;
        self.call((&server, &server.fleet), ("slot-status", 256), &[])?;
        Ok(Memory { idle, loaded: server.memory("VmHWM")? })
    }

    /// Runs a load.
    fn load(&mut self, run: Run, rate: Option<f64>) -> Outcome<Measured> {
        let at = self.server(run.who)?;
        let (server, mut more) = (&self.servers[at].1, Vec::new());
        if let Some(rate) = rate {
            more.extend(["--rate".to_owned(), format!("{:.0}", rate.max(1.0))]);
        }
        if run.kind == "replenish" {
            // Each round its share: a slot is used once, but by the anchor, which does not know.
            let share = self.tokens(Store::Orders) * SLOTS / self.rounds;
            match run.who {
                Who::Anchor => more.push("--again".to_owned()),
                _ => {
                    more.extend(["--from", &server.next.to_string(), "--calls", &share.to_string()].map(str::to_owned));
                }
            }
        }
        if let Who::Sqlite(store) = run.who {
            warm(&self.data(store))?;
        }
        let fleet = self.fleet_of(run).unwrap_or_else(|| server.fleet.clone());
        let (measured, next) = self.call((server, &fleet), (run.kind, run.connections), &more)?;
        if run.kind == "replenish" && run.who != Who::Anchor {
            self.servers[at].1.next = next;
        }
        Ok(measured)
    }

    /// The fleet of a run, where it is not its server's. A large fleet costs the generator a good part of its speed, so
    /// both sides of a ratio are called with fleets of one size.
    fn fleet_of(&self, run: Run) -> Option<PathBuf> {
        match run.who {
            Who::Anchor if run.kind == "replenish" && self.stores.contains(&Store::Orders) => {
                Some(self.fleet(Store::Orders))
            }
            Who::Anchor if run.kind == "replenish" => Some(self.folder.path.join(POSTGRES_FLEET)),
            Who::Postgres if run.kind != "replenish" => Some(self.folder.path.join(POSTGRES_FEW)),
            _ => None,
        }
    }

    fn call(
        &self,
        (server, fleet): (&Server, &Path),
        (kind, connections): (&str, u16),
        more: &[String],
    ) -> Outcome<(Measured, u64)> {
        let connections = connections.to_string();
        let words = ["bench", kind, "--server", &server.address, "--connections", &connections];
        let said = program(&self.opendrs)
            .args(words)
            .args(["--seconds", SECONDS, "--json", "--fleet"])
            .args([fleet])
            .args(more)
            .limit(Duration::from_secs(60))
            .read()?;
        let number = |name| field(&said, name).and_then(|text| text.parse::<f64>().ok());
        match (number("rate"), number("p99_us"), field(&said, "next").and_then(|next| next.parse().ok())) {
            (Some(rate), Some(p99), Some(next)) => Ok((Measured { rate, p99 }, next)),
            _ => Err(Failure::new(format!("unexpected answer: {said}"), "build program and xtask from one commit")),
        }
    }

    /// The server's place among those that run; started now, if it does not yet.
    fn server(&mut self, who: Who) -> Outcome<usize> {
        if let Some(at) = self.servers.iter().position(|(running, _)| *running == who) {
            return Ok(at);
        }
        let server = match who {
            Who::Anchor => {
                // It looks at nothing, so any fleet will do.
                self.fill(Store::Thousand)?;
                let mut command = Command::new(&self.opendrs);
                command.args(["bench", "anchor"]);
                Server::start(command, Tells::Out, self.fleet(Store::Thousand))?
            }
            Who::Sqlite(store) => {
                self.fill(store)?;
                Server::start(self.serve(store), Tells::Err, self.fleet(store))?
            }
            Who::Traced { slow } => self.traced(slow)?,
            Who::Postgres => self.postgres()?,
            Who::Peer(peer) => self.peer(peer)?,
        };
        self.servers.push((who, server));
        Ok(self.servers.len() - 1)
    }

    /// `strace` stops the program at a sync and nowhere else.
    fn traced(&mut self, slow: bool) -> Outcome<Server> {
        if on_path("strace").is_none() {
            self.apt.install(&["strace"])?;
        }
        let store = Store::Traced(slow);
        self.fill(store)?;
        let mut command = Command::new("strace");
        command.args(["-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"]);
        if slow {
            command.args(["-e", "inject=fsync,fdatasync:delay_enter=1000"]);
        }
        let serve = self.serve(store);
        command.arg(serve.get_program()).args(serve.get_args());
        Server::start(command, Tells::Err, self.fleet(store))
    }

    fn postgres(&mut self) -> Outcome<Server> {
        let url = self.database()?;
        let (fleet, few) = (self.folder.path.join(POSTGRES_FLEET), self.folder.path.join(POSTGRES_FEW));
        let data = self.folder.path.join("postgres");
        let (devices, tokens) = (self.devices(Store::Orders).0, self.tokens(Store::Orders));
        eprintln!("  filling PostgreSQL with {devices} devices");
        program(&self.opendrs)
            .args(["bench", "fill", "--database-url", &url, "--devices", &devices.to_string(), "--tokens"])
            .args([&tokens.to_string(), "--fleet"])
            .args([&fleet])
            .env("OPENDRS_KEYS_MASTER_FILE", data.join("master.key"))
            .read()?;
        thin_out(&fleet, &few, usize::try_from(tokens / self.tokens(Store::Thousand)).unwrap_or(1))?;
        let mut command = Command::new(&self.opendrs);
        command.args(SERVE).args(["--database-url", &url]);
        command.env("OPENDRS_KEYS_MASTER_FILE", data.join("master.key"));
        Server::start(command, Tells::Err, fleet)
    }

    /// A database that survives a power cut, as ours on SQLite does.
    fn database(&mut self) -> Outcome<String> {
        let cluster = match self.cluster.take() {
            Some(cluster) => cluster,
            None => Cluster::start(self.tree, &mut self.apt, "bench-postgres", Durability::Full)?,
        };
        Ok(self.cluster.insert(cluster).url.clone())
    }

    fn peer(&mut self, peer: Peer) -> Outcome<Server> {
        let folder = match self.peers.clone() {
            Some(folder) => folder,
            None => peers::installed(self.tree, &mut self.apt, "fastify")?,
        };
        self.peers = Some(folder.clone());
        self.fill(Store::Thousand)?;
        let (fleet, own) = (self.fleet(Store::Thousand), self.folder.path.join("oidc.fleet"));
        let file = |name: &str| self.folder.path.join(name).into_os_string();
        let mut command = Command::new("node");
        command.current_dir(folder);
        match peer {
            Peer::Each => command.args(["slot-status.mjs", "each"]).arg(&fleet).arg(file("each.db")),
            Peer::Grouped => command.args(["slot-status.mjs", "grouped"]).arg(&fleet).arg(file("grouped.db")),
            Peer::Pool => {
                let url = self.database()?;
                command.args(["slot-status.mjs", "pool"]).arg(&fleet).arg(url)
            }
            Peer::Oidc => command.arg("token.mjs").arg(&own),
        };
        Server::start(command, Tells::Out, if peer == Peer::Oidc { own } else { fleet })
    }

    fn serve(&self, store: Store) -> Command {
        let mut command = Command::new(&self.opendrs);
        command.args(SERVE).arg("--data").arg(self.data(store));
        command
    }
}

/// How every server that is measured is started. Its few devices call more often than any real one.
const SERVE: [&str; 4] = ["serve", "--listen", "127.0.0.1:0", "--no-limits"];

/// A member of a flat JSON object, as it is written there.
fn field<'t>(json: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = json.split_once(&format!("\"{name}\":"))?;
    Some(rest[..rest.find([',', '}'])?].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found() {
        let json = r#"{"kind":"slot-status","rate":12.5,"next":3}"#;
        assert_eq!(field(json, "kind"), Some("\"slot-status\""));
        assert_eq!((field(json, "rate"), field(json, "next"), field(json, "none")), (Some("12.5"), Some("3"), None));
    }
}
