//! One store with its server program, its devices, and everything that was answered.
//!
//! Invariant: after every death of the server [`Site::verify`] holds what it answered against what is there, and a new
//! server is held against it as well ([`Site::start`]).

use crate::check;
use crate::device::{self, Answer, Device};
use crate::ledger::{Entry, Ledger, Told};
use crate::load::Load;
use crate::program::{Death, Program, Server};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

/// How many devices there are; every other one is a test device.
const DEVICES: usize = 4;

/// A store under torture.
pub struct Site {
    /// The program, and where its store is.
    pub program: Program,
    /// The seed file.
    pub seed: PathBuf,
    /// Choices of this run.
    pub rng: fastrand::Rng,
    ledger: Arc<Ledger>,
    told: Told,
    devices: Vec<Arc<Device>>,
    next: Arc<AtomicU64>,
    /// Codes that nobody presented yet.
    fresh: Vec<String>,
    /// Codes that were presented in the last life, and whether one call alone did and its tokens were left alive.
    codes: BTreeMap<String, bool>,
}

impl Site {
    /// An empty one; its ledger lies beside the data folder, never in it.
    pub fn new(program: Program, seed: PathBuf, ledger: &Path, rng: fastrand::Rng) -> Result<Self, String> {
        Ok(Self {
            program,
            seed,
            rng,
            ledger: Arc::new(Ledger::create(ledger)?),
            told: Told::default(),
            devices: Vec::new(),
            next: Arc::new(AtomicU64::new(1)),
            fresh: Vec::new(),
            codes: BTreeMap::new(),
        })
    }

    /// The first start of all: makes the store, links the devices.
    pub async fn found(&mut self) -> Result<Server, String> {
        let mut server = self.launch(Some(&self.seed))?;
        for n in 0..DEVICES {
            let device = Device::link(&self.program, &format!("T-{n}"), n % 2 == 0);
            self.devices.push(Arc::new(device.map_err(|e| format!("{e}\n{}", server.last_words()))?));
        }
        Ok(server)
    }

    /// Starts the server, which must serve.
    fn launch(&self, seed: Option<&Path>) -> Result<Server, String> {
        self.program.serve(seed, None).map_err(|why| why.unwrap_or_else(|| GONE.into()))
    }

    /// Starts the server again, and asks it what only a server can answer: that it is well, that no token is lost, that
    /// time did not go back, that codes redeemed are codes redeemed.
    pub async fn start(&mut self) -> Result<Server, String> {
        let mut server = self.launch(None)?;
        self.examine(&server.base).await.map_err(|e| format!("{e}\n{}", server.last_words()))?;
        Ok(server)
    }

    /// Starts a server that is to die; `None` when it did so before it served. It may die while it is asked.
    pub async fn start_to_die(&mut self, death: Death) -> Result<Option<Server>, String> {
        let server = match self.program.serve(None, Some(death)) {
            Ok(server) => server,
            Err(None) => return Ok(None),
            Err(Some(why)) => return Err(why),
        };
        match self.examine(&server.base).await {
            Err(finding) if finding != GONE => Err(finding),
            _ => Ok(Some(server)),
        }
    }

    async fn examine(&mut self, base: &str) -> Result<(), String> {
        must(device::control(base, "/-/health", None).await?)?;
        let clock = must(device::control(base, "/-/clock", None).await?)?;
        let now = clock["now"].as_str().unwrap_or_default();
        if now < self.told.clock.as_str() {
            return Err(format!("LOST: the clock was answered to be at {} and is at {now}", self.told.clock));
        }
        for device in &self.devices {
            must(device.refresh(base).await?)?;
        }
        for (code, alive) in std::mem::take(&mut self.codes) {
            self.redeemed_once(base, &code, alive).await?;
        }
        Ok(())
    }

    /// Presents a code again. Where it was redeemed by one call, what came of it is good until that moment; that it is
    /// dead afterwards is not for here: the clock may have jumped past the time for which codes are remembered.
    async fn redeemed_once(&self, base: &str, code: &str, alive: bool) -> Result<(), String> {
        let again = || device::token(base, "authorization_code", "code", code);
        let Some(refresh) = self.told.redeemed.get(code) else {
            // Perhaps redeemed, perhaps not; the next call, or the one before, is the only one that ever is.
            let (first, second) = (again().await?, again().await?);
            return match (first, second) {
                (_, Answer::Refused(_)) => Ok(()),
                (_, Answer::Done(_)) => Err(format!("TWICE: the code {code} was redeemed at a second call")),
                _ => Err(GONE.into()),
            };
        };
        match device::token(base, "refresh_token", "refresh_token", refresh).await? {
            Answer::Refused(why) if alive => {
                return Err(format!("LOST: the tokens of {code} were answered and are refused: {why}"));
            }
            Answer::Done(_) if self.told.ended.contains(refresh) => {
                return Err(format!("LOST: the device of {code} deregistered itself, and its tokens live"));
            }
            _ => {}
        }
        match again().await? {
            Answer::Refused(_) => Ok(()),
            Answer::Done(_) => Err(format!("TWICE: the code {code} was redeemed before and after a restart")),
            _ => Err(GONE.into()),
        }
    }

    /// Sets the devices to work.
    pub fn load(&mut self, base: &str, clock: bool) -> Load {
        Load::start(base, &self.devices, &self.ledger, &self.next, &mut self.rng, clock)
    }

    /// Makes codes until there are so many that nobody presented yet, each of a device of its own.
    pub fn make_codes(&mut self, count: usize) -> Result<(), String> {
        let missing = count.saturating_sub(self.fresh.len());
        let serials: Vec<_> = (0..missing).map(|_| format!("C-{}", self.rng.u64(..))).collect();
        let program = &self.program;
        thread::scope(|scope| {
            let threads: Vec<_> = serials.iter().map(|serial| scope.spawn(|| Device::code(program, serial))).collect();
            for made in threads {
                self.fresh.push(made.join().map_err(|_| "a thread panicked")??);
            }
            Ok(())
        })
    }

    /// Has the codes that were made redeemed: the first two by one call, the others by several. Every device but the
    /// first then ends its registration with what it got.
    pub fn redeem(&mut self, load: &mut Load) {
        for (n, code) in std::mem::take(&mut self.fresh).into_iter().enumerate() {
            let (calls, ends) = (if n < 2 { 1 } else { 3 }, n > 0);
            load.redeem(&code, calls, ends);
            self.codes.insert(code, calls == 1 && !ends);
        }
    }

    /// Notes a time that the clock told.
    pub fn note_time(&self, clock: &Value) -> Result<(), String> {
        let now = clock["now"].as_str().ok_or_else(|| format!("no time in {clock}"))?.to_owned();
        self.ledger.write(&[Entry::Clock { now }])
    }

    /// Holds what was answered against the rows.
    pub async fn verify(&mut self) -> Result<(), String> {
        self.ledger.read(&mut self.told)?;
        check::check(&self.told, &self.program.place.rows().await?)
    }

    /// The same for a server that is dead.
    pub async fn verify_dead(&mut self) -> Result<(), String> {
        self.program.place.settled().await?;
        self.verify().await
    }

    /// How many answers of each kind were checked.
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        self.told.counts()
    }
}

/// Said of a server that is not there.
pub const GONE: &str = "the server is gone";

fn must(answer: Answer) -> Result<Value, String> {
    match answer {
        Answer::Done(value) => Ok(value),
        Answer::Lost => Err(GONE.into()),
        other => Err(format!("a server that runs should answer 200, not {other:?}")),
    }
}
