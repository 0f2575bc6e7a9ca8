//! `opendrs topic`: manages the receivers of a security profile's notifications.

use super::output;
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand, ValueEnum};
use opendrs_domain::id::ProfileId;
use opendrs_domain::receiver::{Receiver, ReceiverState, SignatureVersion};
use opendrs_server::open_app;
use opendrs_service::receiver::{self, NewReceiver, ReceiverChange};
use opendrs_service::{App, publication, signing};
use serde_json::{Value, json};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum TopicCommand {
    /// Add a receiver of a security profile's notifications, and send it a confirmation request. The same name again
    /// changes the receiver.
    ///
    /// A receiver is a URL to which notifications are posted as Amazon SNS does. It can also be the ARN of your own
    /// topic at Amazon SNS, which gets no request: `opendrs topic add arn:aws:sns:eu-west-1:123456789012:kettles
    /// --profile ID`. The server publishes to it with the credentials that AWS's tools would find; they need
    /// `sns:Publish` on that ARN.
    Add(TopicAddArgs),
    /// List every topic with its state, and why a confirmation failed.
    List(TopicListArgs),
    /// Send a receiver another confirmation request. Until it confirms, it gets no notifications. A topic at Amazon SNS
    /// immediately gets a test message instead, with this shell's credentials; all its subscribers get it.
    Test(TopicNameArgs),
    /// Stop sending to a receiver.
    Disable(TopicNameArgs),
    /// Send to a disabled receiver again, confirmed or not. Notifications of the time between are not sent; `opendrs
    /// events replay` sends them.
    Enable(TopicNameArgs),
    /// Print the secrets with which a receiver verifies Standard Webhooks signatures.
    Secret(TopicNameArgs),
    /// Make a new webhook secret. The old one also signs for a day; --end-grace ends it earlier.
    RotateSecret(TopicRotateSecretArgs),
    /// Make a new key and certificate for the signatures of SNS envelopes. The old certificate is still served.
    RotateKey(TopicRotateKeyArgs),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SignatureVersionArg {
    /// SHA-1, which every receiver can verify.
    #[value(name = "1")]
    One,
    /// SHA-256.
    #[value(name = "2")]
    Two,
}

#[derive(Debug, Args)]
pub(super) struct TopicAddArgs {
    /// Last part of the topic's ARN: letters, digits, `-` and `_`. It is optional if the endpoint is an ARN; the default
    /// is the ARN's name.
    name: String,
    /// URL to which notifications are posted, http:// or https://; or ARN of the Amazon SNS topic to which they are
    /// published.
    endpoint: Option<String>,
    /// Security profile: `amzn1.application.` and 32 hex digits, as `opendrs seed` prints it.
    #[arg(long, value_name = "ID")]
    profile: String,
    /// `SignatureVersion` of the envelopes.
    #[arg(long, value_enum, default_value = "1")]
    signature_version: SignatureVersionArg,
    /// Post the notification without SNS envelope and signature. Standard Webhooks headers prove its origin.
    #[arg(long)]
    raw: bool,
    /// `sns` (four attempts), `extended` (three days), or the JSON of an SNS DeliveryPolicy.
    #[arg(long, value_name = "POLICY", default_value = "sns")]
    policy: String,
    /// Skip the confirmation, because the receiver is yours.
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
pub(super) struct TopicListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Maximum number of topics.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Print one JSON object per line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct TopicNameArgs {
    /// The topic: its name or its ARN.
    topic: String,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub(super) struct TopicRotateSecretArgs {
    #[command(flatten)]
    named: TopicNameArgs,
    /// End the old secret immediately.
    #[arg(long)]
    end_grace: bool,
    /// Print the secrets that sign now; `opendrs topic secret` prints them at any time.
    #[arg(long)]
    show_secrets: bool,
}

#[derive(Debug, Args)]
pub(super) struct TopicRotateKeyArgs {
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(file: Option<&Path>, args: TopicCommand) -> Result<(), String> {
    let store = match &args {
        TopicCommand::Add(TopicAddArgs { store, .. })
        | TopicCommand::List(TopicListArgs { store, .. })
        | TopicCommand::RotateKey(TopicRotateKeyArgs { store }) => store,
        TopicCommand::Test(named)
        | TopicCommand::Disable(named)
        | TopicCommand::Enable(named)
        | TopicCommand::Secret(named) => &named.store,
        TopicCommand::RotateSecret(rotate) => &rotate.named.store,
    };
    let config = store_args::load_config(file, store, Vec::new())?;
    let app = open_app::open_existing_app(&config).await?;
    let app = &app;
    match args {
        TopicCommand::Add(args) => add_receiver(app, args).await,
        TopicCommand::List(args) => {
            for found in receiver::list(app, args.limit).await.map_err(super::error_text)? {
                let trouble = receiver::pending_reason(app, &found).await.map_err(super::error_text)?;
                if args.json {
                    let mut line = receiver_json(&found);
                    line["trouble"] = trouble.into();
                    output::print_line(line.to_string());
                    continue;
                }
                output::print_line(receiver_line(&found));
                if let Some(trouble) = trouble {
                    output::print_line(format!("{:<12}  {trouble}", ""));
                }
            }
            Ok(())
        }
        TopicCommand::Test(named) => test_receiver(app, &named).await,
        TopicCommand::Disable(named) => change_receiver(app, &named, ReceiverChange::Disable, "disabled").await,
        TopicCommand::Enable(named) => change_receiver(app, &named, ReceiverChange::Enable, "enabled").await,
        TopicCommand::Secret(named) => print_secrets(app, &find_receiver(app, &named).await?),
        TopicCommand::RotateSecret(TopicRotateSecretArgs { named, end_grace, show_secrets }) => {
            let found = find_receiver(app, &named).await?;
            let what = if end_grace { ReceiverChange::RetireSecret } else { ReceiverChange::RotateSecret };
            let found = receiver::apply_change(app, found.id, what).await.map_err(super::error_text)?;
            if show_secrets {
                return print_secrets(app, &found);
            }
            let done = if end_grace { "has one webhook secret" } else { "has a new webhook secret" };
            output::print_line(format!("{} {done}", found.arn));
            output::print_note("`opendrs topic secret` prints it.");
            Ok(())
        }
        TopicCommand::RotateKey(_) => {
            output::print_line(signing::rotate_key(app).await.map_err(super::error_text)?);
            Ok(())
        }
    }
}

async fn add_receiver(app: &App, args: TopicAddArgs) -> Result<(), String> {
    let (name, endpoint) = match args.endpoint {
        Some(endpoint) => (args.name, endpoint),
        None => (receiver::derive_name(app, &args.name).await.map_err(super::error_text)?, args.name),
    };
    let new = NewReceiver {
        profile: ProfileId::parse(&args.profile).map_err(|e| e.to_string())?,
        name,
        endpoint,
        signature: match args.signature_version {
            SignatureVersionArg::One => SignatureVersion::V1,
            SignatureVersionArg::Two => SignatureVersion::V2,
        },
        raw: args.raw,
        policy: args.policy,
        confirmed: args.confirmed,
    };
    let found = receiver::add(app, new).await.map_err(super::error_text)?;
    if args.json {
        let mut line = receiver_json(&found);
        if found.sns_topic_arn().is_none() {
            let secrets = receiver::list_webhook_secrets(app, &found).map_err(super::error_text)?;
            if args.show_secrets {
                line["webhook_secret"] = secrets.first().map(|s| s.secret.as_str()).into();
            }
            line["webhook_public_key"] = secrets.first().map(|s| s.public_key.as_str()).into();
        }
        output::print_line(line.to_string());
        return Ok(());
    }
    output::print_line(receiver_line(&found));
    if args.show_secrets && found.sns_topic_arn().is_none() {
        print_secrets(app, &found)?;
    }
    if found.state == ReceiverState::Pending {
        output::print_note(
            "The running server sends a confirmation request. The receiver confirms by opening its SubscribeURL. \
             `opendrs topic list` shows the state.",
        );
    }
    Ok(())
}

async fn find_receiver(app: &App, named: &TopicNameArgs) -> Result<Receiver, String> {
    receiver::find(app, &named.topic).await.map_err(super::error_text)
}

async fn test_receiver(app: &App, named: &TopicNameArgs) -> Result<(), String> {
    let found = find_receiver(app, named).await?;
    if found.sns_topic_arn().is_none() {
        return change_receiver(app, named, ReceiverChange::RequestConfirmation, "sent a confirmation request").await;
    }
    let id = publication::publish_test(app, &found).await.map_err(super::error_text)?;
    output::print_line(format!("published to {} as {id}", found.target.endpoint()));
    output::print_note("This used the credentials of this shell; the server uses its own.");
    Ok(())
}

async fn change_receiver(app: &App, named: &TopicNameArgs, what: ReceiverChange, done: &str) -> Result<(), String> {
    let found = find_receiver(app, named).await?;
    receiver::apply_change(app, found.id, what).await.map_err(super::error_text)?;
    output::print_line(format!("{} is {done}", found.arn));
    Ok(())
}

fn print_secrets(app: &App, found: &Receiver) -> Result<(), String> {
    for secrets in receiver::list_webhook_secrets(app, found).map_err(super::error_text)? {
        output::print_line(format!("{}  {}", secrets.secret, secrets.public_key));
    }
    Ok(())
}

fn receiver_line(found: &Receiver) -> String {
    format!("{:<12}  {}  {}  {}", found.state.as_str(), found.arn, found.redacted_endpoint(), found.profile)
}

fn receiver_json(found: &Receiver) -> Value {
    json!({
        "arn": found.arn,
        "subscription_arn": found.subscription_arn(),
        "endpoint": found.redacted_endpoint(),
        "profile": found.profile.to_string(),
        "state": found.state.as_str(),
        "signature_version": found.signature.as_str(),
        "raw": found.raw_delivery,
        "policy": found.policy_text,
    })
}
