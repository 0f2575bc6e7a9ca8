//! Topics for a while: a developer's own receiver hears what makers are told, as long as it listens.
//!
//! Invariant: such a topic is an ordinary one, confirmed because whoever may write the store says so. It is disabled when
//! the listening ends, and its name is used again by the next, so that listening often leaves no trail of topics.

use crate::topic::{self, Change, NewTopic};
use crate::{App, Error, Result};
use opendrs_domain::id::ProfileId;
use opendrs_domain::topic::{Signature, State, Topic};
use opendrs_store::profile;

/// How many profiles are listened to at once.
const PROFILES: i64 = 50;
/// How many may listen to one profile at once.
const SIDE_BY_SIDE: u32 = 20;

/// Sends the notifications of a profile, or of all, to an endpoint as well. `gone` says whether nobody listens at an
/// endpoint any more: a listener that was killed could not end its topic.
///
/// # Errors
/// [`Error::BadCommand`] if there is no profile to listen to, [`Error::Unavailable`].
pub async fn begin(
    app: &App,
    of: Option<ProfileId>,
    endpoint: &str,
    gone: impl AsyncFn(&str) -> bool,
) -> Result<Vec<Topic>> {
    let profiles = match of {
        Some(profile) => vec![profile],
        None => {
            let mut reader = app.db.reader().await?;
            let found = profile::after(&mut reader.tx()?, ProfileId(uuid::Uuid::nil()), PROFILES).await?;
            found.into_iter().map(|profile| profile.id).collect()
        }
    };
    if profiles.is_empty() {
        return Err(Error::BadCommand("there is no security profile to listen to: `opendrs seed` makes some".into()));
    }
    let mut begun = Vec::with_capacity(profiles.len());
    for profile in profiles {
        let name = free_name(app, profile, &gone).await?;
        let new = NewTopic {
            profile,
            name,
            endpoint: endpoint.to_owned(),
            signature: Signature::default(),
            raw: false,
            policy: "sns".into(),
            confirmed: true,
        };
        begun.push(topic::add(app, new).await?);
    }
    Ok(begun)
}

/// The first name of a profile's listeners that nobody uses.
async fn free_name(app: &App, profile: ProfileId, gone: &impl AsyncFn(&str) -> bool) -> Result<String> {
    let topic::Notifications { region, account, .. } = &app.settings.notifications;
    for n in 1..=SIDE_BY_SIDE {
        let name = format!("listen-{}-{n}", profile.0.simple());
        let known = {
            let mut reader = app.db.reader().await?;
            app.topics().by_arn(&mut reader.tx()?, &format!("arn:aws:sns:{region}:{account}:{name}")).await?
        };
        match known {
            Some(topic) if topic.state == State::Confirmed && !gone(&topic.endpoint).await => {}
            _ => return Ok(name),
        }
    }
    Err(Error::BadCommand(format!("{SIDE_BY_SIDE} listen to profile {profile} already: end one of them first")))
}

/// Sends nothing more to topics that [`begin`] made.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn end(app: &App, topics: &[Topic]) -> Result<()> {
    for topic in topics {
        topic::change(app, topic.id, Change::Disable).await?;
    }
    Ok(())
}
