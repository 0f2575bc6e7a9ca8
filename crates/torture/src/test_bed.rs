//! One store with its server program, its devices, and all recorded answers.
//!
//! Invariant: after every death of the server, [`TestBed::verify_after_death`] checks its answers against the rows.
//! [`TestBed::restart`] checks a new server against them as well.

use crate::device::{self, CallOutcome, TortureDevice};
use crate::invariants;
use crate::ledger::{Ledger, LedgerEntry, RecordedAnswers};
use crate::load::DeviceLoad;
use crate::server_process::{PlannedDeath, ServerProcess, ServerProgram};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

/// The number of devices; every other one is a test device.
const DEVICES: usize = 4;

/// A store under torture.
pub struct TestBed {
    /// The program and the location of its store.
    pub program: ServerProgram,
    /// The seed file.
    pub seed: PathBuf,
    /// The random choices of this run.
    pub rng: fastrand::Rng,
    ledger: Arc<Ledger>,
    answers: RecordedAnswers,
    devices: Vec<Arc<TortureDevice>>,
    next_reading: Arc<AtomicU64>,
    /// Codes that were not used yet.
    unused_codes: Vec<String>,
    /// Codes that were used while the last server ran, each with whether its tokens must still be valid: one call used
    /// it, and its device did not deregister.
    presented_codes: BTreeMap<String, bool>,
}

impl TestBed {
    /// A test bed without a store yet. Its ledger is beside the data folder, never in it.
    pub fn new(program: ServerProgram, seed: PathBuf, ledger: &Path, rng: fastrand::Rng) -> Result<Self, String> {
        Ok(Self {
            program,
            seed,
            rng,
            ledger: Arc::new(Ledger::create(ledger)?),
            answers: RecordedAnswers::default(),
            devices: Vec::new(),
            next_reading: Arc::new(AtomicU64::new(1)),
            unused_codes: Vec::new(),
            presented_codes: BTreeMap::new(),
        })
    }

    /// Starts the first server, which creates the store, and links the devices.
    pub async fn create_store(&mut self) -> Result<ServerProcess, String> {
        let mut server = self.start_server(Some(&self.seed))?;
        for n in 0..DEVICES {
            let device = TortureDevice::link(&self.program, &format!("T-{n}"), n % 2 == 0);
            self.devices.push(Arc::new(device.map_err(|e| format!("{e}\n{}", server.last_log_lines()))?));
        }
        Ok(server)
    }

    /// Starts the server, which must reach the state of serving.
    fn start_server(&self, seed: Option<&Path>) -> Result<ServerProcess, String> {
        self.program.serve(seed, None).map_err(|why| why.unwrap_or_else(|| SERVER_GONE.into()))
    }

    /// Starts the server again, and checks what only a server can answer. It is healthy, no token is lost, time did not
    /// go back, and redeemed codes stay redeemed.
    pub async fn restart(&mut self) -> Result<ServerProcess, String> {
        let mut server = self.start_server(None)?;
        self.check_server(&server.base_url).await.map_err(|e| format!("{e}\n{}", server.last_log_lines()))?;
        Ok(server)
    }

    /// Starts a server with a failpoint. Returns `None` if it died before it served. It may also die during the checks.
    pub async fn start_with_failpoint(&mut self, death: PlannedDeath) -> Result<Option<ServerProcess>, String> {
        let server = match self.program.serve(None, Some(death)) {
            Ok(server) => server,
            Err(None) => return Ok(None),
            Err(Some(why)) => return Err(why),
        };
        match self.check_server(&server.base_url).await {
            Err(finding) if finding != SERVER_GONE => Err(finding),
            _ => Ok(Some(server)),
        }
    }

    async fn check_server(&mut self, base: &str) -> Result<(), String> {
        expect_success(device::call_control(base, "/-/health", None).await?)?;
        let clock = expect_success(device::call_control(base, "/-/clock", None).await?)?;
        let now = clock["now"].as_str().unwrap_or_default();
        if now < self.answers.latest_time.as_str() {
            return Err(format!("LOST: the clock was answered to be at {} and is at {now}", self.answers.latest_time));
        }
        let latest = self.program.store.find_latest_reading_time().await?;
        if let Some(reading) = latest.map(|at| at.to_rfc3339_millis()).filter(|at| now < at.as_str()) {
            return Err(format!("LOST: a reading came at {reading} and the clock went back to {now}"));
        }
        for device in &self.devices {
            expect_success(device.refresh_token(base).await?)?;
        }
        for (code, alive) in std::mem::take(&mut self.presented_codes) {
            self.check_code_redeemed_once(base, &code, alive).await?;
        }
        Ok(())
    }

    /// Uses a code again. If one call redeemed it, its tokens are valid until now. Whether they end now is not checked,
    /// because the clock may have jumped past the time for which codes are kept.
    async fn check_code_redeemed_once(&self, base: &str, code: &str, alive: bool) -> Result<(), String> {
        let again = || device::call_token_endpoint(base, "authorization_code", "code", code);
        let Some(refresh) = self.answers.redeemed_codes.get(code) else {
            // It is unknown whether the code was redeemed. At most one of all calls may succeed.
            let (first, second) = (again().await?, again().await?);
            return match (first, second) {
                (_, CallOutcome::Refused(_)) => Ok(()),
                (_, CallOutcome::Succeeded(_)) => Err(format!("TWICE: the code {code} was redeemed at a second call")),
                _ => Err(SERVER_GONE.into()),
            };
        };
        match device::call_token_endpoint(base, "refresh_token", "refresh_token", refresh).await? {
            CallOutcome::Refused(why) if alive => {
                return Err(format!("LOST: the tokens of {code} were answered and are refused: {why}"));
            }
            CallOutcome::Succeeded(_) if self.answers.ended_tokens.contains(refresh) => {
                return Err(format!("LOST: the device of {code} deregistered itself, and its tokens live"));
            }
            _ => {}
        }
        match again().await? {
            CallOutcome::Refused(_) => Ok(()),
            CallOutcome::Succeeded(_) => Err(format!("TWICE: the code {code} was redeemed before and after a restart")),
            _ => Err(SERVER_GONE.into()),
        }
    }

    /// Starts the load of the devices.
    pub fn start_load(&mut self, base: &str, clock: bool) -> DeviceLoad {
        DeviceLoad::start(base, &self.devices, &self.ledger, &self.next_reading, &mut self.rng, clock)
    }

    /// Creates codes until there are `count` unused ones, each for another device.
    pub fn create_codes(&mut self, count: usize) -> Result<(), String> {
        let missing = count.saturating_sub(self.unused_codes.len());
        let serials: Vec<_> = (0..missing).map(|_| format!("C-{}", self.rng.u64(..))).collect();
        let program = &self.program;
        thread::scope(|scope| {
            let threads: Vec<_> =
                serials.iter().map(|serial| scope.spawn(|| TortureDevice::link_for_code(program, serial))).collect();
            for made in threads {
                self.unused_codes.push(made.join().map_err(|_| "a thread panicked")??);
            }
            Ok(())
        })
    }

    /// Lets workers redeem the unused codes: each of the first two by one call, the others by several calls. Every
    /// device but the first then ends its registration with its tokens.
    pub fn redeem_codes(&mut self, load: &mut DeviceLoad) {
        for (n, code) in std::mem::take(&mut self.unused_codes).into_iter().enumerate() {
            let (calls, ends) = (if n < 2 { 1 } else { 3 }, n > 0);
            load.spawn_redeemers(&code, calls, ends);
            self.presented_codes.insert(code, calls == 1 && !ends);
        }
    }

    /// Records a time from an answer of the clock.
    pub fn record_time(&self, clock: &Value) -> Result<(), String> {
        let now = clock["now"].as_str().ok_or_else(|| format!("no time in {clock}"))?.to_owned();
        self.ledger.append(&[LedgerEntry::Clock { now }])
    }

    /// Checks the recorded answers against the rows.
    pub async fn verify_store(&mut self) -> Result<(), String> {
        self.ledger.read_new_entries(&mut self.answers)?;
        invariants::check_all(&self.answers, &self.program.store.read_rows().await?)
    }

    /// Does the same for a server that is dead.
    pub async fn verify_after_death(&mut self) -> Result<(), String> {
        self.program.store.wait_for_connections_to_end().await?;
        self.verify_store().await
    }

    /// The number of checked answers of each kind.
    pub fn answer_counts(&self) -> Vec<(&'static str, usize)> {
        self.answers.counts()
    }
}

/// The finding for a server that has ended.
pub const SERVER_GONE: &str = "the server is gone";

fn expect_success(answer: CallOutcome) -> Result<Value, String> {
    match answer {
        CallOutcome::Succeeded(value) => Ok(value),
        CallOutcome::NoAnswer => Err(SERVER_GONE.into()),
        other => Err(format!("a server that runs should answer 200, not {other:?}")),
    }
}
