//! Checks of the store: connection, schema, condition, master key and contents.

use super::{DoctorCheck, failed, passed, warning};
use opendrs_config::Config;
use opendrs_domain::publication::TopicArn;
use opendrs_domain::time::Span;
use opendrs_server::publisher::make_publisher;
use opendrs_server::store_check::{self, MasterKeyState};
use opendrs_service::clock::{Clock, SystemClock};
use opendrs_service::keys;
use opendrs_service::publication::NO_PUBLISHER_MESSAGE;
use opendrs_service::receiver;
use opendrs_store::inspection::{DatabaseCondition, SessionMode, StoreInspection, inspect};
use opendrs_store::{Error, StoreLocation};

/// Connects to the store and checks it, if the settings name a usable one.
pub(super) async fn check_store(config: &Config, key: MasterKeyState) -> Vec<DoctorCheck> {
    const NAME: &str = "store";
    let place = config.store_location();
    if store_check::check_store(config).is_err() {
        // Another check has reported this problem.
        return Vec::new();
    }
    let engine = match &place {
        StoreLocation::File(path) => format!("SQLite, {}", path.display()),
        StoreLocation::Url(_) => "PostgreSQL".to_owned(),
    };
    match inspect(&place).await {
        Err(why @ Error::Unavailable(_)) if matches!(place, StoreLocation::File(_)) => {
            let fix = "check the disk, and the access rights of the data folder and its files";
            vec![failed(NAME, why.to_string(), fix)]
        }
        Err(Error::Unavailable(why)) => {
            let fix = "start the database, or change server.database_url; check host, port, name, user and password";
            vec![failed(NAME, format!("{engine} cannot be reached: {why}"), fix)]
        }
        Err(why) => vec![failed(NAME, why.to_string(), "restore a backup, or name another store")],
        Ok(None) => vec![warning(NAME, format!("{engine}: there is no store yet"), "`opendrs serve` creates it")],
        Ok(Some(found)) => {
            let mut checks = vec![passed(NAME, format!("{engine} answers"))];
            checks.push(check_schema(&found));
            checks.extend(check_database_condition(&found, &place));
            checks.extend(check_master_key_matches(config, &found, &key));
            checks.push(check_clock(&found));
            checks.extend(check_configured_makers(config, &found));
            if let MasterKeyState::Present(key) = &key {
                checks.extend(check_sns_credentials(config, &receiver::open_endpoints(key, &found.endpoints)).await);
            }
            checks
        }
    }
}

/// Checks that the store was made with this master key. Returns `None` if that cannot be determined.
fn check_master_key_matches(config: &Config, found: &StoreInspection, key: &MasterKeyState) -> Option<DoctorCheck> {
    const NAME: &str = "key fits";
    let (proof, _) = found.installation?;
    let at = config.master_key_file();
    let at = at.display();
    match key {
        MasterKeyState::Present(key) if keys::master_key_check(key) == proof => {
            Some(passed(NAME, "the store was made with this master key"))
        }
        MasterKeyState::Present(_) => Some(failed(
            NAME,
            format!("the store was made with another master key than {at}"),
            "put the store's key in its place, or set keys.master_file to the file of that key",
        )),
        MasterKeyState::Missing => Some(failed(
            NAME,
            format!("the store was made with a master key, and there is none at {at}"),
            "restore that key from its backup, or set keys.master_file to its file",
        )),
        // Another check has reported this problem.
        MasterKeyState::Unusable => None,
    }
}

fn check_schema(found: &StoreInspection) -> DoctorCheck {
    let StoreInspection { schema_step: step, latest_step: known, .. } = found;
    let says = format!("it is at step {step}, this program knows steps up to {known}");
    match step.cmp(known) {
        std::cmp::Ordering::Equal => passed("schema", says),
        std::cmp::Ordering::Less => warning("schema", says, "the next start of `opendrs serve` upgrades it"),
        std::cmp::Ordering::Greater => failed("schema", says, "run the newer opendrs"),
    }
}

/// Checks that the database meets the server's needs: encoding, rights, write access, session mode.
fn check_database_condition(found: &StoreInspection, place: &StoreLocation) -> Vec<DoctorCheck> {
    let DatabaseCondition { encoding, read_only, missing_rights: rights, session_mode: sessions } = &found.condition;
    let mut checks = Vec::new();
    if let Some(encoding) = encoding {
        checks.push(match encoding.as_str() {
            "UTF8" | "UTF-8" => passed("encoding", encoding.clone()),
            other => failed(
                "encoding",
                format!("the database's encoding is {other}: it cannot store every name and address"),
                "create one with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0",
            ),
        });
    }
    if let Some(why) = read_only {
        let fix = match place {
            StoreLocation::File(_) => {
                "give the data folder and its files to this user (chown); its disk must be writable"
            }
            StoreLocation::Url(_) => "use a server that accepts writes, and a user with write access",
        };
        checks.push(failed("read-only", why.clone(), fix));
    }
    if rights.is_empty() {
        checks.push(passed("rights", "it can be read and written"));
    }
    for (what, fix) in rights {
        checks.push(failed("rights", what.clone(), fix.clone()));
    }
    match sessions {
        SessionMode::Dedicated => {}
        SessionMode::Pooled { statements_kept } => {
            let says = "a pooler gives each transaction another connection";
            let fix = "let the pooler pool by session (pool_mode = session), or connect to the database directly";
            checks.push(if *statements_kept {
                warning("pooler", format!("{says}, and session settings are lost"), fix)
            } else {
                failed("pooler", format!("{says}, and prepared statements are lost"), fix)
            });
        }
    }
    checks
}

/// Checks that each maker named in `fulfilment.makers` exists.
fn check_configured_makers(config: &Config, found: &StoreInspection) -> Vec<DoctorCheck> {
    let Ok(fulfilment) = config.fulfilment_settings() else { return Vec::new() };
    let unknown = fulfilment.maker_backends.iter().map(|(name, _)| name).filter(|name| !found.makers.contains(name));
    let warn = |name: &String| {
        let known = match found.makers.as_slice() {
            [] => "the store has no maker yet".to_owned(),
            some => format!("the store has {}", some.iter().take(10).cloned().collect::<Vec<_>>().join(", ")),
        };
        let says = format!("fulfilment.makers has `{name}`, which is not a maker in the store: {known}");
        warning("makers", says, "write the maker's name as the seed has it, or remove the item")
    };
    unknown.map(warn).collect()
}

/// Checks for AWS credentials in each region that has topics to publish to.
async fn check_sns_credentials(config: &Config, endpoints: &[String]) -> Vec<DoctorCheck> {
    const NAME: &str = "Amazon SNS";
    let arns: Vec<TopicArn> = endpoints.iter().filter_map(|endpoint| endpoint.parse().ok()).collect();
    let publisher = make_publisher(config);
    let mut checks = Vec::new();
    for (n, arn) in arns.iter().enumerate() {
        if arns[..n].iter().any(|before| before.region() == arn.region()) {
            continue;
        }
        let what = format!("topics in {}", arn.region());
        let Some(publisher) = &publisher else {
            checks.push(failed(NAME, format!("{what} cannot be published to"), NO_PUBLISHER_MESSAGE));
            continue;
        };
        checks.push(match publisher.find_credentials(arn.clone()).await {
            Ok(()) => passed(NAME, format!("there are AWS credentials for {what}")),
            // The server may have other credentials than this shell.
            Err(why) => {
                let fix = "give the server AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or a role, and \
                           run this command in the same environment";
                warning(NAME, format!("{what}: {why}"), fix)
            }
        });
    }
    checks
}

/// Checks this machine's clock, by which tokens expire and orders fall due.
fn check_clock(found: &StoreInspection) -> DoctorCheck {
    const NAME: &str = "clock";
    let now = SystemClock.now();
    let fix = "synchronize the clock with NTP (timedatectl set-ntp true)";
    if found.installation.is_some_and(|(_, made)| made > now) {
        return failed(NAME, format!("this machine's clock is {now}, before the store was created"), fix);
    }
    let off = found.database_time.map(|theirs| if theirs > now { theirs.since(now) } else { now.since(theirs) });
    match off {
        Some(off) if off > Span::from_secs(2) => {
            warning(NAME, format!("this machine's clock is {now}, {off} from the database's clock"), fix)
        }
        _ => passed(NAME, format!("it is {now}")),
    }
}
