//! Receivers listed, and found by the names that operators have for them.
//!
//! Not here: the rows ([`super::repository`]). Invariant: a receiver is found by its ARN or by a short form of it.

use super::settings::NotificationSettings;
use crate::{App, Error, Result};
use opendrs_domain::publication::TopicArn;
use opendrs_domain::receiver::Receiver;
use opendrs_store::delivery;

/// Every topic, oldest first, at most so many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(app: &App, limit: i64) -> Result<Vec<Receiver>> {
    let mut reader = app.db.reader().await?;
    Ok(app.receivers().list_after(&mut reader.tx()?, delivery::lowest_receiver_id(), limit).await?)
}

/// A topic by its ARN, by its ARN's last part, or by the ARN of an Amazon SNS topic that it has its name from.
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
        // One that was given no name of its own has the name of the topic it is published to.
        let ours = format!("arn:aws:sns:{region}:{account}:{}", published.name());
        found = app.receivers().find_by_arn(&mut tx, &ours).await?.filter(|topic| topic.endpoint == name);
    }
    found.ok_or_else(|| Error::InvalidCommand(format!("there is no topic {arn}: `opendrs topic list` shows all")))
}

/// The name of a topic that is given none of its own: that of the Amazon SNS topic to which it is published.
///
/// # Errors
/// [`Error::InvalidCommand`] if its endpoint is no such topic, or the name stands for another one; [`Error::Unavailable`].
pub async fn derive_name(app: &App, endpoint: &str) -> Result<String> {
    if !TopicArn::looks_like_arn(endpoint) {
        let wanted = "an endpoint is missing: name the topic and then where it goes, or the ARN of an Amazon SNS topic";
        return Err(Error::InvalidCommand(wanted.into()));
    }
    let name = endpoint.parse::<TopicArn>().map_err(Error::InvalidCommand)?.name().to_owned();
    let NotificationSettings { region, account, .. } = &app.settings.notifications;
    let mut reader = app.db.reader().await?;
    match app.receivers().find_by_arn(&mut reader.tx()?, &format!("arn:aws:sns:{region}:{account}:{name}")).await? {
        Some(other) if other.endpoint != endpoint => {
            let fix = format!("name this one otherwise: NAME {endpoint}");
            Err(Error::InvalidCommand(format!("the topic {name} goes to {}; {fix}", other.redacted_endpoint())))
        }
        _ => Ok(name),
    }
}
