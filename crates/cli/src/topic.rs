//! `opendrs topic`: receivers of the notifications about a security profile's devices.

use opendrs_server::open_app;
use super::out;
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand, ValueEnum};
use opendrs_domain::id::ProfileId;
use opendrs_domain::topic::{Signature, State, Topic as Found};
use opendrs_service::topic::{self, Change, NewTopic};
use opendrs_service::{App, publication, signing};
use serde_json::{Value, json};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Topic {
    /// Add a receiver of a security profile's notifications and ask it to confirm. The same name again changes it.
    ///
    /// A receiver is an address to which notifications are posted as Amazon SNS does, or the ARN of a topic of your own at
    /// Amazon SNS, which is not asked: `opendrs topic add arn:aws:sns:eu-west-1:123456789012:kettles --profile ID`. The
    /// server publishes to it with the credentials that AWS's tools would find; they need `sns:Publish` on that ARN.
    Add(Add),
    /// Every topic, where it stands, and what keeps it from being confirmed.
    List(List),
    /// Ask a receiver once more to confirm; nothing is sent to it until it does. To an Amazon SNS topic a test message is
    /// published at once, with this shell's credentials; all who subscribed to it get that.
    Test(Named),
    /// Send nothing more to a receiver.
    Disable(Named),
    /// Send to a receiver again, confirmed or not. What happened meanwhile is not sent: `opendrs events replay` does that.
    Enable(Named),
    /// Show the secrets that a receiver checks Standard Webhooks signatures with.
    Secret(Named),
    /// Make a new webhook secret. The old one signs, too, for a day; a second call with --end-grace ends it sooner.
    RotateSecret(Rotate),
    /// Make a new key and certificate for the signatures of SNS envelopes. The old certificate goes on being served.
    RotateKey(Key),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Version {
    /// SHA-1: what every receiver can check.
    #[value(name = "1")]
    One,
    /// SHA-256.
    #[value(name = "2")]
    Two,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The last part of the topic's ARN: letters, digits, `-` and `_`. It may be left out before an ARN, whose name is
    /// taken then.
    name: String,
    /// Where notifications are posted, http:// or https://; or the ARN of the Amazon SNS topic to which they are published.
    endpoint: Option<String>,
    /// Whose notifications: `amzn1.application.` and 32 hex digits, as `opendrs seed` prints it.
    #[arg(long, value_name = "ID")]
    profile: String,
    /// `SignatureVersion` of the envelopes.
    #[arg(long, value_enum, default_value = "1")]
    signature_version: Version,
    /// Post the bare message, without SNS envelope and signature; Standard Webhooks headers prove where it comes from.
    #[arg(long)]
    raw: bool,
    /// `sns` (four attempts), `extended` (three days), or the JSON of an SNS DeliveryPolicy.
    #[arg(long, value_name = "POLICY", default_value = "sns")]
    policy: String,
    /// The receiver is yours and needs not be asked.
    #[arg(long)]
    confirmed: bool,
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Print the webhook secret, too; `opendrs topic secret` prints it at any time.
    #[arg(long)]
    show_secrets: bool,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    store: StoreArgs,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The topic: its name or its ARN.
    topic: String,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    named: Named,
    /// End the old secret now.
    #[arg(long)]
    end_grace: bool,
    /// Print the secrets that sign now; `opendrs topic secret` prints them at any time.
    #[arg(long)]
    show_secrets: bool,
}

#[derive(Debug, Args)]
pub(super) struct Key {
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(file: Option<&Path>, args: Topic) -> Result<(), String> {
    let store = match &args {
        Topic::Add(Add { store, .. }) | Topic::List(List { store, .. }) | Topic::RotateKey(Key { store }) => store,
        Topic::Test(named) | Topic::Disable(named) | Topic::Enable(named) | Topic::Secret(named) => &named.store,
        Topic::RotateSecret(rotate) => &rotate.named.store,
    };
    let config = store_args::config(file, store, Vec::new())?;
    let app = open_app::beside(&config).await?;
    let app = &app;
    match args {
        Topic::Add(args) => add(app, args).await,
        Topic::List(args) => {
            for found in topic::all(app, args.limit).await.map_err(super::cause)? {
                let trouble = topic::unconfirmed(app, &found).await.map_err(super::cause)?;
                if args.json {
                    let mut line = object(&found);
                    line["trouble"] = trouble.into();
                    out::say(line.to_string());
                    continue;
                }
                out::say(line(&found));
                if let Some(trouble) = trouble {
                    out::say(format!("{:<12}  {trouble}", ""));
                }
            }
            Ok(())
        }
        Topic::Test(named) => test(app, &named).await,
        Topic::Disable(named) => change(app, &named, Change::Disable, "disabled").await,
        Topic::Enable(named) => change(app, &named, Change::Enable, "enabled").await,
        Topic::Secret(named) => secrets(app, &find(app, &named).await?),
        Topic::RotateSecret(Rotate { named, end_grace, show_secrets }) => {
            let found = find(app, &named).await?;
            let what = if end_grace { Change::EndGrace } else { Change::RotateSecret };
            let found = topic::change(app, found.id, what).await.map_err(super::cause)?;
            if show_secrets {
                return secrets(app, &found);
            }
            let done = if end_grace { "has one webhook secret" } else { "has a new webhook secret" };
            out::say(format!("{} {done}", found.arn));
            out::note("`opendrs topic secret` shows it.");
            Ok(())
        }
        Topic::RotateKey(_) => {
            out::say(signing::rotate(app).await.map_err(super::cause)?);
            Ok(())
        }
    }
}

async fn add(app: &App, args: Add) -> Result<(), String> {
    let (name, endpoint) = match args.endpoint {
        Some(endpoint) => (args.name, endpoint),
        None => (topic::name_of(app, &args.name).await.map_err(super::cause)?, args.name),
    };
    let new = NewTopic {
        profile: ProfileId::parse(&args.profile).map_err(|e| e.to_string())?,
        name,
        endpoint,
        signature: match args.signature_version {
            Version::One => Signature::V1,
            Version::Two => Signature::V2,
        },
        raw: args.raw,
        policy: args.policy,
        confirmed: args.confirmed,
    };
    let found = topic::add(app, new).await.map_err(super::cause)?;
    if args.json {
        let mut line = object(&found);
        if found.published_to().is_none() {
            let secrets = topic::secrets(app, &found).map_err(super::cause)?;
            if args.show_secrets {
                line["webhook_secret"] = secrets.first().map(|s| s.secret.as_str()).into();
            }
            line["webhook_public_key"] = secrets.first().map(|s| s.public_key.as_str()).into();
        }
        out::say(line.to_string());
        return Ok(());
    }
    out::say(line(&found));
    if args.show_secrets && found.published_to().is_none() {
        secrets(app, &found)?;
    }
    if found.state == State::Pending {
        out::note(
            "The receiver is asked by the running server; it confirms by opening the SubscribeURL it is sent. \
                   `opendrs topic list` says what became of it.",
        );
    }
    Ok(())
}

async fn find(app: &App, named: &Named) -> Result<Found, String> {
    topic::find(app, &named.topic).await.map_err(super::cause)
}

async fn test(app: &App, named: &Named) -> Result<(), String> {
    let found = find(app, named).await?;
    if found.published_to().is_none() {
        return change(app, named, Change::Ask, "asked to confirm").await;
    }
    let id = publication::test(app, &found).await.map_err(super::cause)?;
    out::say(format!("published to {} as {id}", found.endpoint));
    out::note("With the credentials of this shell: the server publishes with its own.");
    Ok(())
}

async fn change(app: &App, named: &Named, what: Change, done: &str) -> Result<(), String> {
    let found = find(app, named).await?;
    topic::change(app, found.id, what).await.map_err(super::cause)?;
    out::say(format!("{} is {done}", found.arn));
    Ok(())
}

fn secrets(app: &App, found: &Found) -> Result<(), String> {
    for secrets in topic::secrets(app, found).map_err(super::cause)? {
        out::say(format!("{}  {}", secrets.secret, secrets.public_key));
    }
    Ok(())
}

fn line(found: &Found) -> String {
    format!("{:<12}  {}  {}  {}", found.state.as_str(), found.arn, found.shown_endpoint(), found.profile)
}

fn object(found: &Found) -> Value {
    json!({
        "arn": found.arn,
        "subscription_arn": found.subscription_arn(),
        "endpoint": found.shown_endpoint(),
        "profile": found.profile.to_string(),
        "state": found.state.as_str(),
        "signature_version": found.signature.as_str(),
        "raw": found.raw,
        "policy": found.policy_text,
    })
}
