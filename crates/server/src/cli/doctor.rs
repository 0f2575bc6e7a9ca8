//! `opendrs doctor`: what will not work, and the fix for each. It changes nothing and makes nothing.
//!
//! Invariant: one failed check never hides another that can be made without it.

use super::{StoreArgs, open, out};
use crate::config::{Config, Role};
use crate::tls::{Authority, Source, Tls};
use clap::Args;
use opendrs_domain::publication::TopicArn;
use opendrs_domain::time::Span;
use opendrs_service::clock::{Clock, SystemClock};
use opendrs_service::keys;
use opendrs_service::publication::NO_PUBLISHER;
use opendrs_store::examine::{Found, examine};
use opendrs_store::{Error, Place};
use serde_json::json;
use std::path::Path;

#[derive(Debug, Args)]
#[command(after_help = "Ends with status 1 if anything failed; warnings alone are no failure.")]
pub(super) struct Doctor {
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object a line: check, result, says, fix.
    #[arg(long)]
    json: bool,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Good,
    Warning,
    Failed,
}

/// A check that was made.
struct Check {
    name: &'static str,
    outcome: Outcome,
    says: String,
    fix: String,
}

fn good(name: &'static str, says: impl Into<String>) -> Check {
    Check { name, outcome: Outcome::Good, says: says.into(), fix: String::new() }
}

fn warning(name: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Check {
    Check { name, outcome: Outcome::Warning, says: says.into(), fix: fix.into() }
}

fn failed(name: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Check {
    Check { name, outcome: Outcome::Failed, says: says.into(), fix: fix.into() }
}

pub(super) async fn run(file: Option<&Path>, args: Doctor) -> Result<(), String> {
    let checks = match open::config(file, &args.store, Vec::new()) {
        Ok(config) => all(&config).await,
        Err(why) => vec![failed("settings", why, "change it; `opendrs config default` lists every setting")],
    };
    for check in &checks {
        let word = match check.outcome {
            Outcome::Good => "good",
            Outcome::Warning => "warning",
            Outcome::Failed => "failed",
        };
        if args.json {
            let line = json!({ "check": check.name, "result": word, "says": check.says, "fix": check.fix });
            out::say(line.to_string());
            continue;
        }
        out::say(format!("{word:<8} {:<12} {}", check.name, check.says));
        if !check.fix.is_empty() {
            out::say(format!("{:21} Fix: {}", "", check.fix));
        }
    }
    match checks.iter().filter(|check| check.outcome == Outcome::Failed).count() {
        0 => Ok(()),
        1 => Err("one check failed".into()),
        count => Err(format!("{count} checks failed")),
    }
}

async fn all(config: &Config) -> Vec<Check> {
    let mut checks = vec![good("settings", "can be read")];
    let (key, check) = master(config);
    checks.push(check);
    if let Place::File(_) = config.place() {
        checks.extend(folder(config));
    }
    checks.extend(store(config, key.as_ref()).await);
    checks.extend(tls(config));
    checks.extend(addresses(config));
    checks.push(files(config));
    checks
}

fn master(config: &Config) -> (Option<[u8; 32]>, Check) {
    const NAME: &str = "master key";
    let path = config.master_file();
    let at = path.display();
    if !path.exists() {
        let fix = "the first start makes one; for a store that exists, put its key there";
        return (None, warning(NAME, format!("there is none at {at}"), fix));
    }
    if let Some(mode) = std::fs::metadata(&path).ok().as_ref().and_then(open::readable_by_others) {
        let says = format!("{at} can be read by others than its owner (mode {mode:o})");
        let key = std::fs::read_to_string(&path).ok().and_then(|text| open::parse_master(text.trim()));
        return (key, failed(NAME, says, format!("chmod 600 {at}")));
    }
    let key = match open::existing_master(&path) {
        Ok(key) => key,
        Err(why) => return (None, failed(NAME, why, format!("make {at} readable for this user, or put the key back"))),
    };
    (Some(key), good(NAME, format!("{at}, for its owner alone")))
}

fn folder(config: &Config) -> Vec<Check> {
    const NAME: &str = "data folder";
    let path = &config.server.data;
    let at = path.display();
    if !path.is_dir() {
        return vec![warning(
            NAME,
            format!("there is no {at}"),
            "the first start makes it, or choose another with --data",
        )];
    }
    let mut checks = Vec::new();
    let may = rustix::fs::access(path, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok();
    checks.push(match may {
        true => good(NAME, format!("{at} can be written")),
        false => {
            failed(NAME, format!("{at} cannot be written by this user"), "chown it, or choose another with --data")
        }
    });
    if let Ok(stat) = rustix::fs::statvfs(path) {
        let megabytes = (stat.f_bavail * stat.f_frsize) >> 20;
        let says = format!("{megabytes} MiB are free for {at}");
        let fix = "free some, move the folder, or keep readings for a shorter time";
        checks.push(match megabytes {
            0..200 => failed("disk", says, fix),
            200..2048 => warning("disk", says, fix),
            _ => good("disk", says),
        });
    }
    checks
}

async fn store(config: &Config, key: Option<&[u8; 32]>) -> Vec<Check> {
    const NAME: &str = "store";
    let place = config.place();
    let engine = match &place {
        Place::File(path) => format!("SQLite, {}", path.display()),
        Place::Url(_) => "PostgreSQL".to_owned(),
    };
    match examine(&place).await {
        Err(Error::Unavailable(why)) => {
            let fix = "start the database, or change server.database_url; check host, port, name, user and password";
            vec![failed(NAME, format!("{engine} cannot be reached: {why}"), fix)]
        }
        Err(why) => vec![failed(NAME, why.to_string(), "restore a backup, or name another store")],
        Ok(None) => vec![warning(NAME, format!("{engine}: there is none yet"), "`opendrs serve` makes it")],
        Ok(Some(found)) => {
            let mut checks = vec![good(NAME, format!("{engine} answers"))];
            checks.push(schema(&found));
            if let Some((proof, _)) = found.installation {
                checks.push(match key {
                    Some(key) if keys::check(key) == proof => {
                        good("key fits", "the store was made with this master key")
                    }
                    _ => failed(
                        "key fits",
                        format!("the store was made with another master key than {}", config.master_file().display()),
                        "put the key it was made with in its place, or name it with keys.master_file",
                    ),
                });
            }
            checks.push(clock(&found));
            checks.extend(published(config, &found.published).await);
            checks
        }
    }
}

fn schema(found: &Found) -> Check {
    let Found { step, known, .. } = found;
    let says = format!("it is at step {step}, this program knows steps up to {known}");
    match step.cmp(known) {
        std::cmp::Ordering::Equal => good("schema", says),
        std::cmp::Ordering::Less => warning("schema", says, "the next start of `opendrs serve` brings it up to date"),
        std::cmp::Ordering::Greater => failed("schema", says, "run the newer opendrs"),
    }
}

/// Whether there is somebody to publish as, in each region that is published to.
async fn published(config: &Config, topics: &[String]) -> Vec<Check> {
    const NAME: &str = "Amazon SNS";
    let arns: Vec<TopicArn> = topics.iter().filter_map(|topic| topic.parse().ok()).collect();
    let publisher = config.publisher();
    let mut checks = Vec::new();
    for (n, arn) in arns.iter().enumerate() {
        if arns[..n].iter().any(|before| before.region() == arn.region()) {
            continue;
        }
        let what = format!("topics in {}", arn.region());
        let Some(publisher) = &publisher else {
            checks.push(failed(NAME, format!("{what} cannot be published to"), NO_PUBLISHER));
            continue;
        };
        checks.push(match publisher.find_credentials(arn.clone()).await {
            Ok(()) => good(NAME, format!("there are AWS credentials for {what}")),
            // The server may have others than this shell.
            Err(why) => {
                let fix = "give the server AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or a role, and run \
                           this in the same surroundings";
                warning(NAME, format!("{what}: {why}"), fix)
            }
        });
    }
    checks
}

/// Tokens end and orders fall due by this machine's clock.
fn clock(found: &Found) -> Check {
    const NAME: &str = "clock";
    let now = SystemClock.now();
    let fix = "keep the clock right with NTP (timedatectl set-ntp true)";
    if found.installation.is_some_and(|(_, made)| made > now) {
        return failed(NAME, format!("it is {now} here, before the store was made"), fix);
    }
    let off = found.clock.map(|theirs| if theirs > now { theirs.since(now) } else { now.since(theirs) });
    match off {
        Some(off) if off > Span::from_secs(2) => {
            warning(NAME, format!("it is {now} here, {off} from the database's clock"), fix)
        }
        _ => good(NAME, format!("it is {now}")),
    }
}

/// The certificate that clients are shown.
fn tls(config: &Config) -> Option<Check> {
    const NAME: &str = "certificate";
    let now = SystemClock.now();
    let source = config.certificate()?;
    if let Source::Local { folder, .. } = &source {
        match Authority::is_made(folder) {
            None => return Some(good(NAME, "the first start makes this installation's own authority")),
            Some(false) => {
                let says = format!("{} holds only one file of local-ca.pem and local-ca.key", folder.display());
                return Some(failed(NAME, says, "put the other back, or remove this one for a new authority"));
            }
            Some(true) => {}
        }
    }
    let renewed = match &source {
        Source::Files { .. } => "put its successor in its place: the server uses it without a restart",
        Source::Local { .. } => "keep this machine's clock right",
    };
    Some(match Tls::open(source, now).map(|tls| tls.ends()) {
        Err(why) => failed(NAME, why, "put PEM files in place, or change [tls]"),
        Ok(None) => warning(NAME, "when it ends cannot be read", "look at tls.certificate_file"),
        Ok(Some(end)) if end <= now => failed(NAME, format!("it ended {end}"), renewed),
        Ok(Some(end)) if end.since(now) < Span::from_hours(14 * 24) => warning(NAME, format!("it ends {end}"), renewed),
        Ok(Some(end)) => good(NAME, format!("it is good until {end}")),
    })
}

fn addresses(config: &Config) -> Vec<Check> {
    const NAME: &str = "public URLs";
    let faces = [
        (Role::Service, "service", &config.service.listen, &config.service.public_url),
        (Role::Login, "login", &config.login.listen, &config.login.public_url),
        (Role::Web, "web", &config.web.listen, &config.web.public_url),
    ];
    let mut checks = Vec::new();
    for (role, section, own, url) in faces {
        if !config.server.roles.contains(&role) {
            continue;
        }
        let listen = if own.is_empty() { &config.server.listen } else { own };
        let local = ["127.", "localhost:", "[::1]:"].iter().any(|start| listen.starts_with(start));
        if url.is_empty() && !local {
            let says = format!("{section} listens on {listen}, and its links would lead there");
            let fix = format!("set {section}.public_url to the https address that others use");
            checks.push(warning(NAME, says, fix));
        } else if url.starts_with("http://") && role != Role::Service {
            let fix = "set [tls], or end TLS in front, and set the https address: cookies are then sent by https alone";
            checks.push(warning(NAME, format!("{section}.public_url is {url}"), fix));
        }
    }
    let own = config.certificate().is_some();
    let secure = |url: &str| url.starts_with("https://") || (own && url.is_empty());
    if secure(&config.login.public_url) != secure(&config.web.public_url) {
        let fix = "set both: with one alone, cookies are not marked for https";
        checks.push(failed(NAME, "only one of login.public_url and web.public_url is https", fix));
    }
    if !own && (secure(&config.login.public_url) || secure(&config.web.public_url)) && config.server.proxies.is_empty()
    {
        let says = "TLS is ended by a proxy, and all who come through it are one source to the brake on guessing";
        checks.push(warning(NAME, says, "set server.proxies to the proxy's address"));
    }
    if checks.is_empty() {
        checks.push(good(NAME, "fit the addresses that are listened on"));
    }
    checks
}

/// A connection is an open file.
fn files(config: &Config) -> Check {
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
