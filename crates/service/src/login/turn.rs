//! The refresh tokens of strict clients, which turn at each use (docs/spec/login.md#refresh-rotation).
//!
//! What it is: the one row that a turn reads and writes: the device's, or the consent's. What it is not: the rule
//! ([`opendrs_domain::login::turn`]); nor anything that the refreshes of other clients run. Invariant: of any number of
//! uses of one token, on whatever nodes, one turns it; and a turn is answered after it is durable.

use crate::{App, Result};
use opendrs_domain::id::{ClientId, CustomerId, DeviceId, ProfileId};
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::login::turn::Turned;
use opendrs_domain::profile::Client;
use opendrs_domain::time::Time;
use opendrs_domain::token::Claims;
use opendrs_store::{Tx, Write, consent, device};

/// The row that a family belongs to.
#[derive(Clone, Copy, Debug)]
enum Row {
    Device(i64, DeviceId),
    Consent(i64, CustomerId, ProfileId),
}

/// A use of a refresh token.
pub(super) struct Turn {
    key: u64,
    row: Row,
    client: ClientId,
    family: u64,
    scopes: Scopes,
    issued_at: Time,
    over: bool,
    now: Time,
}

impl Turn {
    /// The use of this token; `None` if what it speaks for is gone.
    pub(super) async fn of(
        app: &App,
        tx: &mut Tx<'_>,
        client: &Client,
        claims: &Claims,
    ) -> opendrs_store::Result<Option<Self>> {
        let now = app.now();
        let (key, row) = match claims.device {
            Some((shard, id)) => match device::by_id(tx, shard, id).await? {
                Some(device) => (crate::device::key(device.model, &device.serial), Row::Device(shard, id)),
                None => return Ok(None),
            },
            None => {
                let shard = app.db.shards().of_customer(claims.customer);
                (crate::consent::key(claims.customer), Row::Consent(shard, claims.customer, client.profile))
            }
        };
        let Claims { family, scopes, issued_at, .. } = *claims;
        let over = app.settings.refresh.is_over(claims, now);
        Ok(Some(Self { key, row, client: client.id, family, scopes, issued_at, over, now }))
    }
}

/// Uses a token; says when the one in its place is issued, `None` if there is none.
pub(super) async fn turned(app: &App, turn: Turn) -> Result<Option<Time>> {
    let client = turn.client;
    Ok(match app.db.write(turn).await? {
        Some(Turned::First(at) | Turned::Again(at)) => Some(at),
        Some(Turned::Stolen) => {
            tracing::warn!(%client, "a refresh token was used after another one took its place: its family is revoked");
            None
        }
        Some(Turned::Ended) => {
            tracing::info!(%client, "a refresh token was used after its time");
            None
        }
        Some(Turned::Forgotten) | None => None,
    })
}

impl Write for Turn {
    /// `None` if what it speaks for ended meanwhile.
    type Out = Option<Turned>;
    fn key(&self) -> u64 {
        self.key
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        let found = match self.row {
            Row::Device(shard, id) => {
                device::turns(tx, shard, id).await?.filter(|(revoked, _)| !revoked.0.contains(&self.family))
            }
            Row::Consent(shard, customer, profile) => {
                let found = consent::turns(tx, shard, (customer, profile)).await?;
                let stands = found.filter(|(consent, _)| consent.accepts(self.family, self.scopes));
                stands.map(|(consent, turns)| (consent.revoked, turns))
            }
        };
        let Some((mut revoked, mut turns)) = found else { return Ok(None) };
        let turned = turns.present(self.family, self.issued_at, self.over, self.now);
        match turned {
            Turned::Again(_) | Turned::Forgotten | Turned::Ended => return Ok(Some(turned)),
            Turned::First(_) => {}
            Turned::Stolen => drop(revoked.add(self.family)),
        }
        match self.row {
            Row::Device(shard, id) => device::set_turns(tx, shard, id, &revoked, &turns).await?,
            Row::Consent(shard, customer, profile) => {
                consent::set_turns(tx, shard, (customer, profile), &revoked, &turns).await?;
            }
        }
        Ok(Some(turned))
    }
}
