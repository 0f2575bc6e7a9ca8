//! The links in mails that name two ids of one shard: an order, or a takeover.
//!
//! Not here: their authentication ([`crate::signed_link`]).

use crate::signed_link::{self, CANCEL_PURPOSE, TAKEOVER_PURPOSE};
use crate::{App, Result};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{CustomerId, InstanceId};
use uuid::Uuid;

/// The shard and two ids, in bytes.
const PAYLOAD_LEN: usize = 40;

/// The ids in a link's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NamedLink {
    pub(crate) shard: i64,
    pub(crate) first_id: Uuid,
    pub(crate) second_id: Uuid,
}

/// The token of the link by which an order is cancelled.
pub(crate) fn cancel_token(app: &App, shard: i64, order: InstanceId) -> Result<String> {
    seal(app, CANCEL_PURPOSE, NamedLink { shard, first_id: order.device.0, second_id: order.order.0 })
}

/// The token of the link by which a unit's earlier owner answers its takeover by a customer.
pub(crate) fn takeover_token(app: &App, device: DeviceRef, customer: CustomerId) -> Result<String> {
    seal(app, TAKEOVER_PURPOSE, NamedLink { shard: device.shard, first_id: device.id.0, second_id: customer.0 })
}

fn seal(app: &App, purpose: &str, named: NamedLink) -> Result<String> {
    let mut bytes = Vec::with_capacity(PAYLOAD_LEN);
    bytes.extend_from_slice(&named.shard.to_be_bytes());
    bytes.extend_from_slice(named.first_id.as_bytes());
    bytes.extend_from_slice(named.second_id.as_bytes());
    signed_link::sign(app, purpose, &bytes)
}

/// Opens a token; `None` if it is not authentic, or of another purpose.
pub(crate) fn open(app: &App, purpose: &str, token: &str) -> Option<NamedLink> {
    let named: [u8; PAYLOAD_LEN] = signed_link::open(app, purpose, token)?.try_into().ok()?;
    let (shard, ids) = named.split_at(8);
    let (first, second) = ids.split_at(16);
    let (first, second) = (Uuid::from_slice(first).ok()?, Uuid::from_slice(second).ok()?);
    Some(NamedLink { shard: i64::from_be_bytes(shard.try_into().ok()?), first_id: first, second_id: second })
}
