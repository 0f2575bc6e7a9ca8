//! Runs of `opendrs`: to their end, or while they serve.

use opendrs_client::{ClientResponse, send};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tempfile::TempDir;

/// Makes two tests from each `async fn test(place: &ProgramFolder)`: one on SQLite and one on PostgreSQL.
macro_rules! on_either { ($($test:ident),+ $(,)?) => {
    mod sqlite { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() { super::$test(&$crate::cli::program::ProgramFolder::new()).await; }
    )+ }
    mod postgres { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            let database = $crate::harness::Store::postgres().await;
            super::$test(&$crate::cli::program::ProgramFolder::on_postgres(&database)).await;
            database.remove().await;
        }
    )+ }
} }

/// The time after which a test fails if a process has not ended, or an expected line has not come.
pub const PROGRAM_TIMEOUT: Duration = Duration::from_secs(60);

/// The status and the output of a run that ended.
#[derive(Debug)]
pub struct ProgramOutput {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl ProgramOutput {
    /// The standard output of a run that must succeed.
    #[track_caller]
    pub fn expect_success(self) -> String {
        assert_eq!(self.status, 0, "{self:?}");
        self.stdout
    }

    /// The standard error of a run that must fail, without standard output.
    #[track_caller]
    pub fn expect_failure(self) -> String {
        assert_eq!((self.status, self.stdout.as_str()), (1, ""), "{self:?}");
        self.stderr
    }
}

/// A folder to run in, with the files that its runs share.
pub struct ProgramFolder {
    pub folder: TempDir,
    /// Options that name the store.
    pub store_args: Vec<String>,
}

impl ProgramFolder {
    /// A folder with an SQLite store.
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), store_args: vec!["--data".into(), "data".into()] }
    }

    /// A folder whose runs use a PostgreSQL database.
    pub fn on_postgres(database: &crate::harness::Store) -> Self {
        let opendrs_store::StoreLocation::Url(url) = database.location() else { panic!("no URL") };
        let mut place = Self::new();
        place.store_args.extend(["--database-url".into(), url]);
        place
    }

    pub fn write_file(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Creates a file that only its owner can read.
    pub fn write_private_file(&self, name: &str, text: &str) {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(self.path().join(name));
        file.unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Creates a pipe. Whoever opens it waits for its other end.
    pub fn make_pipe(&self, name: &str) {
        assert!(Command::new("mkfifo").arg(self.path().join(name)).status().unwrap().success());
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_opendrs"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OPENDRS_") || name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        command.args(words).current_dir(self.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, words: &[&str]) -> ProgramOutput {
        self.run_with(words, &[])
    }

    /// Does the same as `run`, with environment variables.
    pub fn run_with(&self, words: &[&str], env: &[(&str, &str)]) -> ProgramOutput {
        let mut command = self.command(words);
        command.envs(env.iter().copied());
        run_to_end(command, words)
    }

    /// Does the same as `run`, with another standard output.
    pub fn run_into(&self, words: &[&str], out: Stdio) -> ProgramOutput {
        let mut command = self.command(words);
        command.stdout(out);
        run_to_end(command, words)
    }

    /// Runs a command on the folder's store.
    pub fn run_on_store(&self, words: &[&str]) -> ProgramOutput {
        let store = self.store_args.iter().map(String::as_str);
        self.run(&words.iter().copied().chain(store).collect::<Vec<_>>())
    }

    /// Starts a command that runs until it is stopped.
    pub fn start(&self, words: &[&str]) -> RunningCommand {
        let mut child = self.command(words).spawn().unwrap();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        RunningCommand { child, stdout: read_lines(out), stderr: read_lines(err) }
    }

    /// Starts a server on a free port.
    pub fn serve(&self, words: &[&str]) -> ServingProcess {
        self.serve_into(words, Stdio::piped())
    }

    /// Does the same as `serve`, with another standard output.
    pub fn serve_into(&self, words: &[&str], out: Stdio) -> ServingProcess {
        let store = self.store_args.iter().map(String::as_str);
        let words: Vec<_> =
            ["serve", "--listen", "127.0.0.1:0"].into_iter().chain(store).chain(words.iter().copied()).collect();
        let mut child = self.command(&words).stdout(out).spawn().unwrap();
        let lines = read_lines(child.stderr.take().unwrap());
        let mut served = ServingProcess { child, lines, base_url: String::new() };
        let listens = served.wait_for_line("listens on");
        served.base_url = listens
            .split(' ')
            .find(|word| word.starts_with("http://") || word.starts_with("https://"))
            .unwrap()
            .to_owned();
        served
    }
}

/// Waits for a command's end.
fn run_to_end(mut command: Command, words: &[&str]) -> ProgramOutput {
    let child = command.spawn().unwrap();
    let (ended, wait) = mpsc::channel();
    std::thread::spawn(move || ended.send(child.wait_with_output()));
    let output = wait.recv_timeout(PROGRAM_TIMEOUT).unwrap_or_else(|_| panic!("{words:?} does not end")).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    ProgramOutput {
        status: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// The lines of a stream, as they arrive.
fn read_lines(stream: impl std::io::Read + Send + 'static) -> mpsc::Receiver<String> {
    let (line, lines) = mpsc::channel();
    let reader = BufReader::new(stream);
    std::thread::spawn(move || reader.lines().map_while(Result::ok).all(|text| line.send(text).is_ok()));
    lines
}

/// A running process, which is killed when the value is dropped.
pub struct RunningCommand {
    child: Child,
    stdout: mpsc::Receiver<String>,
    stderr: mpsc::Receiver<String>,
}

impl RunningCommand {
    /// The next line on standard output.
    pub fn next_output_line(&self) -> String {
        self.stdout.recv_timeout(PROGRAM_TIMEOUT).unwrap()
    }

    /// The next line on standard error.
    pub fn next_error_line(&self) -> String {
        self.stderr.recv_timeout(PROGRAM_TIMEOUT).unwrap()
    }

    /// Interrupts the process, as Ctrl-C does. Returns its exit status and its remaining lines.
    pub fn interrupt(mut self) -> (i32, Vec<String>) {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
        let status = self.child.wait().unwrap().code().unwrap_or(-1);
        (status, self.stdout.iter().collect())
    }
}

impl Drop for RunningCommand {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A serving process, which is killed when the value is dropped.
pub struct ServingProcess {
    child: Child,
    lines: mpsc::Receiver<String>,
    pub base_url: String,
}

impl ServingProcess {
    /// Waits for a line on standard error that contains this text.
    pub fn wait_for_line(&mut self, words: &str) -> String {
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(PROGRAM_TIMEOUT) {
                Ok(line) if line.contains(words) => return line,
                Ok(line) => seen.push(line),
                Err(why) => panic!("no line with {words:?} ({why}), but {seen:#?}"),
            }
        }
    }

    /// Sends a signal to the process.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Terminates the process, as a service manager does. Returns its exit status.
    pub fn terminate(mut self) -> i32 {
        self.signal("TERM");
        self.wait_for_line("Stopping: requests in progress are finished first.");
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Waits until the process ends by itself. Returns its exit status.
    pub fn wait_for_exit(mut self) -> i32 {
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Sends `kill -9`.
    pub fn kill(self) {
        self.kill_and_read_log();
    }

    /// Kills the process. Returns everything that it wrote to standard error since it listens.
    pub fn kill_and_read_log(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.lines.iter().collect::<Vec<_>>().join("\n")
    }

    pub async fn get(&self, path: &str) -> ClientResponse {
        send(axum::http::Method::GET, &format!("{}{path}", self.base_url), &[], "").await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &str) -> ClientResponse {
        send(axum::http::Method::POST, &format!("{}{path}", self.base_url), &[], body.to_owned()).await.unwrap()
    }

    /// Calls SubscriptionInfo 1.0.
    pub async fn subscription_info(&self, token: &str) -> ClientResponse {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("x-amzn-type-version", "com.amazon.dash.replenishment.DrsSubscriptionInfoInput@1.0"),
            ("x-amzn-accept-type", "com.amazon.dash.replenishment.DrsSubscriptionInfoResult@1.0"),
        ];
        send(axum::http::Method::GET, &format!("{}/subscriptionInfo", self.base_url), &headers, "").await.unwrap()
    }

    /// Calls Replenish.
    pub async fn replenish(&self, token: &str, slot: &str) -> ClientResponse {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("x-amzn-type-version", "com.amazon.dash.replenishment.DrsReplenishInput@1.0"),
            ("x-amzn-accept-type", "com.amazon.dash.replenishment.DrsReplenishResult@1.0"),
        ];
        send(axum::http::Method::POST, &format!("{}/replenish/{slot}", self.base_url), &headers, "").await.unwrap()
    }
}

impl Drop for ServingProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The seed of the demo, in which nothing is generated.
pub const SEED: &str = include_str!("../../../src/demo/demo.seed.toml");
/// The client of the demo's seed; its secret, redirect URI and slots follow.
pub const CLIENT: &str = "amzn1.application-oa2-client.0f3c9a7be2d14c55a1b68e90d2f4c713";
pub const SECRET: &str = "5d1f0c8b9e7a6d4c3b2a19087f6e5d4c3b2a19087f6e5d4c3b2a19087f6e5d4c";
pub const REDIRECT: &str = "https://localhost:8100/authresponse";
pub const FILTER: &str = "7c0a3f5e-0000-4000-8000-0000000000a1";

impl ProgramFolder {
    /// A folder whose store has the demo's seed.
    pub fn seeded() -> Self {
        let place = Self::new();
        place.apply_seed();
        place
    }

    pub fn apply_seed(&self) {
        self.write_file("seed.toml", SEED);
        self.run_on_store(&["seed", "seed.toml"]).expect_success();
    }

    /// The id of the demo's security profile.
    pub fn profile_id(&self) -> String {
        let printed = self.run_on_store(&["seed", "seed.toml", "--json"]).expect_success();
        let mut lines = printed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let profile = lines.find(|line| line["kind"] == "profile").unwrap();
        profile["id"].as_str().unwrap().to_owned()
    }

    /// Links a device. Returns its tokens, or the code if `more` asks for one.
    #[track_caller]
    pub fn link_device(&self, serial: &str, more: &[&str]) -> serde_json::Value {
        let words = ["device", "link", "--client", CLIENT, "--model", "Aqua-Pitcher_7", "--serial", serial];
        let printed = self.run_on_store(&[&words, more].concat()).expect_success();
        assert_eq!(printed.lines().count(), 1, "{printed}");
        serde_json::from_str(&printed).unwrap()
    }
}
