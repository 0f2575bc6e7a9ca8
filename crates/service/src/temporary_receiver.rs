//! Temporary receivers: a developer's own endpoint gets the notifications of makers while a command listens.
//!
//! Invariant: a temporary receiver is an ordinary one, confirmed because its creator may write the store. It is
//! disabled when the command ends, and the next one uses its name again, so that the number of receivers stays small.

use crate::receiver::{self, NewReceiver, ReceiverChange};
use crate::{App, Error, Result};
use opendrs_domain::id::ProfileId;
use opendrs_domain::receiver::{Receiver, ReceiverState, SignatureVersion};
use opendrs_store::profile;

/// How many profiles one command listens to.
const MAX_PROFILES: i64 = 50;
/// How many temporary receivers one profile may have together.
const MAX_LISTENERS_PER_PROFILE: u32 = 20;

/// Sends the notifications of a profile, or of all, to an endpoint as well. `gone` checks whether no process listens at
/// an endpoint any more: a command that was killed could not disable its receiver.
///
/// # Errors
/// [`Error::InvalidCommand`] if there is no profile, [`Error::Unavailable`].
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

/// The first free name for a temporary receiver of a profile.
async fn find_free_name(app: &App, profile: ProfileId, gone: &impl AsyncFn(&str) -> bool) -> Result<String> {
    let receiver::NotificationSettings { region, account, .. } = &app.settings.notifications;
    for n in 1..=MAX_LISTENERS_PER_PROFILE {
        let name = format!("listen-{}-{n}", profile.0.simple());
        let known = {
            let mut reader = app.db.reader().await?;
            app.receivers().find_by_arn(&mut reader.tx()?, &format!("arn:aws:sns:{region}:{account}:{name}")).await?
        };
        match known {
            Some(receiver) if receiver.state == ReceiverState::Confirmed && !gone(receiver.target.endpoint()).await => {
            }
            _ => return Ok(name),
        }
    }
    Err(Error::InvalidCommand(format!(
        "{MAX_LISTENERS_PER_PROFILE} listen to profile {profile} already: end one of them first"
    )))
}

/// Disables temporary receivers.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn stop(app: &App, receivers: &[Receiver]) -> Result<()> {
    for receiver in receivers {
        receiver::apply_change(app, receiver.id, ReceiverChange::Disable).await?;
    }
    Ok(())
}
