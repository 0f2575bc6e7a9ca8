//! Refresh rotation: each use of a strict client's refresh token gives a new one (docs/spec/login.md#refresh-rotation).
//!
//! What it is: the one row that a rotation reads and writes, which is the device's or the consent's. What it is not:
//! the rule ([`opendrs_domain::login::refresh_rotation`]), nor a part of the refreshes of other clients. Invariant: of
//! any number of uses of one token, on whatever nodes, one rotates it. A rotation is answered after it is durable.

use crate::{App, Result};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{ClientId, CustomerId, ProfileId};
use opendrs_domain::login::refresh_rotation::RotationOutcome;
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::profile::Client;
use opendrs_domain::time::Time;
use opendrs_domain::token::Claims;
use opendrs_store::{Command, Tx, consent, device};

/// The row that a token family belongs to.
#[derive(Clone, Copy, Debug)]
enum FamilyOwner {
    Device(DeviceRef),
    Consent(i64, CustomerId, ProfileId),
}

/// A use of a refresh token.
pub(super) struct RotateRefresh {
    command_key: u64,
    owner: FamilyOwner,
    client: ClientId,
    family: u64,
    scopes: Scopes,
    issued_at: Time,
    is_expired: bool,
    now: Time,
}

impl RotateRefresh {
    /// The use of this token; `None` if its device or consent no longer exists.
    pub(super) async fn for_claims(
        app: &App,
        tx: &mut Tx<'_>,
        client: &Client,
        claims: &Claims,
    ) -> opendrs_store::Result<Option<Self>> {
        let now = app.now();
        let (key, row) = match claims.device {
            Some(owner) => match device::find_by_id(tx, owner).await? {
                Some(device) => (crate::ordering_key::for_device(&device), FamilyOwner::Device(owner)),
                None => return Ok(None),
            },
            None => {
                let shard = app.db.shards().for_customer(claims.customer);
                (
                    crate::ordering_key::for_customer(claims.customer),
                    FamilyOwner::Consent(shard, claims.customer, client.profile),
                )
            }
        };
        let Claims { family, scopes, issued_at, .. } = *claims;
        let over = app.settings.refresh_lifetime.is_expired(claims, now);
        Ok(Some(Self {
            command_key: key,
            owner: row,
            client: client.id,
            family,
            scopes,
            issued_at,
            is_expired: over,
            now,
        }))
    }
}

/// Uses a token. Returns the issue time of the token that replaces it, `None` if there is none.
pub(super) async fn rotate(app: &App, turn: RotateRefresh) -> Result<Option<Time>> {
    let client = turn.client;
    Ok(match app.db.write(turn).await? {
        Some(RotationOutcome::Rotated(at) | RotationOutcome::Repeated(at)) => Some(at),
        Some(RotationOutcome::ReuseDetected) => {
            tracing::warn!(%client, "a refresh token was used after another one took its place: its family is revoked");
            None
        }
        Some(RotationOutcome::Expired) => {
            tracing::info!(%client, "a refresh token was used after its time");
            None
        }
        Some(RotationOutcome::Evicted) | None => None,
    })
}

impl Command for RotateRefresh {
    /// `None` if its device or consent ended meanwhile.
    type Output = Option<RotationOutcome>;
    fn ordering_key(&self) -> u64 {
        self.command_key
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let found = match self.owner {
            FamilyOwner::Device(device) => {
                device::lock_rotation(tx, device).await?.filter(|(revoked, _)| !revoked.0.contains(&self.family))
            }
            FamilyOwner::Consent(shard, customer, profile) => {
                let found = consent::lock_with_rotation(tx, shard, customer, profile).await?;
                let stands = found.filter(|(consent, _)| consent.accepts_token(self.family, self.scopes));
                stands.map(|(consent, rotation)| (consent.revoked_families, rotation))
            }
        };
        let Some((mut revoked, mut rotation)) = found else { return Ok(None) };
        let turned = rotation.use_token(self.family, self.issued_at, self.is_expired, self.now);
        match turned {
            RotationOutcome::Repeated(_) | RotationOutcome::Evicted | RotationOutcome::Expired => {
                return Ok(Some(turned));
            }
            RotationOutcome::Rotated(_) => {}
            RotationOutcome::ReuseDetected => drop(revoked.insert(self.family)),
        }
        match self.owner {
            FamilyOwner::Device(device) => device::save_rotation(tx, device, &revoked, &rotation).await?,
            FamilyOwner::Consent(shard, customer, profile) => {
                consent::save_rotation(tx, shard, customer, profile, &revoked, &rotation).await?;
            }
        }
        Ok(Some(turned))
    }
}
