//! Listing receivers, and finding them by the names that operators use.
//!
//! Not here: the rows ([`super::repository`]). Invariant: a receiver is found by its ARN or by a short form of it.

use super::settings::NotificationSettings;
use crate::{App, Error, Result};
use opendrs_domain::publication::TopicArn;
use opendrs_domain::receiver::Receiver;
use opendrs_store::delivery;

/// Every receiver, oldest first, up to a limit.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(app: &App, limit: i64) -> Result<Vec<Receiver>> {
    let mut reader = app.db.reader().await?;
    Ok(app.receivers().list_after(&mut reader.tx()?, delivery::lowest_receiver_id(), limit).await?)
}

/// Finds a receiver by its ARN, by the last part of it, or by the ARN of the Amazon SNS topic that names it.
///
/// # Errors
/// [`Error::InvalidCommand`] if there is none; [`Error::Unavailable`].
pub async fn find(app: &App, name: &str) -> Result<Receiver> {
    let NotificationSettings { region, account, .. } = &app.settings.notifications;
    let arn = if name.starts_with("arn:") { name.to_owned() } else { format!("arn:aws:sns:{region}:{account}:{name}") };
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let mut found = app.receivers().find_by_arn(&mut tx, &arn).await?;
    if let (None, Ok(published)) = (&found, name.parse::<TopicArn>()) {
        // A receiver without a name of its own is named after the topic it publishes to.
        let ours = format!("arn:aws:sns:{region}:{account}:{}", published.name());
        found =
            app.receivers().find_by_arn(&mut tx, &ours).await?.filter(|receiver| receiver.target.endpoint() == name);
    }
    found.ok_or_else(|| Error::InvalidCommand(format!("there is no topic {arn}: `opendrs topic list` shows all")))
}

/// The default name of a receiver: that of the Amazon SNS topic to which it publishes.
///
/// # Errors
/// [`Error::InvalidCommand`] if the endpoint is no such topic, or another receiver has the name;
/// [`Error::Unavailable`].
pub async fn derive_name(app: &App, endpoint: &str) -> Result<String> {
    if !TopicArn::looks_like_arn(endpoint) {
        let wanted = "an endpoint is missing: name the topic and then where it goes, or the ARN of an Amazon SNS topic";
        return Err(Error::InvalidCommand(wanted.into()));
    }
    let name = endpoint.parse::<TopicArn>().map_err(Error::InvalidCommand)?.name().to_owned();
    let NotificationSettings { region, account, .. } = &app.settings.notifications;
    let mut reader = app.db.reader().await?;
    match app.receivers().find_by_arn(&mut reader.tx()?, &format!("arn:aws:sns:{region}:{account}:{name}")).await? {
        Some(other) if other.target.endpoint() != endpoint => {
            let fix = format!("name this one otherwise: NAME {endpoint}");
            Err(Error::InvalidCommand(format!("the topic {name} goes to {}; {fix}", other.redacted_endpoint())))
        }
        _ => Ok(name),
    }
}
