//! Topics for a while: a developer's own receiver hears what makers are told, as long as it listens.
//!
//! Invariant: such a topic is an ordinary one, confirmed because whoever may write the store says so. It is disabled when
//! the listening ends, and its name is used again by the next, so that listening often leaves no trail of topics.

use crate::receiver::{self, NewReceiver, ReceiverChange};
use crate::{App, Error, Result};
use opendrs_domain::id::ProfileId;
use opendrs_domain::receiver::{Receiver, ReceiverState, SignatureVersion};
use opendrs_store::profile;

/// How many profiles are listened to at once.
const MAX_PROFILES: i64 = 50;
/// How many may listen to one profile at once.
const MAX_LISTENERS_PER_PROFILE: u32 = 20;

/// Sends the notifications of a profile, or of all, to an endpoint as well. `gone` says whether nobody listens at an
/// endpoint any more: a listener that was killed could not end its topic.
///
/// # Errors
/// [`Error::InvalidCommand`] if there is no profile to listen to, [`Error::Unavailable`].
pub async fn start(
    app: &App,
    of: Option<ProfileId>,
    endpoint: &str,
    gone: impl AsyncFn(&str) -> bool,
) -> Result<Vec<Receiver>> {
    let profiles = match of {
        Some(profile) => vec![profile],
        None => {
            let mut reader = app.db.reader().await?;
            let found = profile::list_after(&mut reader.tx()?, ProfileId(uuid::Uuid::nil()), MAX_PROFILES).await?;
            found.into_iter().map(|profile| profile.id).collect()
        }
    };
    if profiles.is_empty() {
        return Err(Error::InvalidCommand(
            "there is no security profile to listen to: `opendrs seed` makes some".into(),
        ));
    }
    let mut begun = Vec::with_capacity(profiles.len());
    for profile in profiles {
        let name = find_free_name(app, profile, &gone).await?;
        let new = NewReceiver {
            profile,
            name,
            endpoint: endpoint.to_owned(),
            signature: SignatureVersion::default(),
            raw: false,
            policy: "sns".into(),
            confirmed: true,
        };
        begun.push(receiver::add(app, new).await?);
    }
    Ok(begun)
}

/// The first name of a profile's listeners that nobody uses.
async fn find_free_name(app: &App, profile: ProfileId, gone: &impl AsyncFn(&str) -> bool) -> Result<String> {
    let receiver::NotificationSettings { region, account, .. } = &app.settings.notifications;
    for n in 1..=MAX_LISTENERS_PER_PROFILE {
        let name = format!("listen-{}-{n}", profile.0.simple());
        let known = {
            let mut reader = app.db.reader().await?;
            app.receivers().find_by_arn(&mut reader.tx()?, &format!("arn:aws:sns:{region}:{account}:{name}")).await?
        };
        match known {
            Some(topic) if topic.state == ReceiverState::Confirmed && !gone(&topic.endpoint).await => {}
            _ => return Ok(name),
        }
    }
    Err(Error::InvalidCommand(format!(
        "{MAX_LISTENERS_PER_PROFILE} listen to profile {profile} already: end one of them first"
    )))
}

/// Sends nothing more to topics that were begun here.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn stop(app: &App, topics: &[Receiver]) -> Result<()> {
    for topic in topics {
        receiver::apply_change(app, topic.id, ReceiverChange::Disable).await?;
    }
    Ok(())
}
