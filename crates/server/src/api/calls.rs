//! The seven endpoints: what, one use case, answer.

use super::body::Fields;
use super::problem::Problem;
use super::{Call, Params};
use crate::state::Site;
use axum::body::Bytes;
use opendrs_domain::notification::SlotInfo;
use opendrs_domain::reading::{DeviceStatus, SlotStatus};
use opendrs_domain::version::{Endpoint, Version};
use opendrs_domain::wire::{latest, v1};
use opendrs_service::order::Replenished;
use opendrs_service::{Error, device, order, reading, subscription};
use opendrs_store::Reader;
use serde::Serialize;

/// The answer where there is nothing to say; some clients fail on an empty body.
const NOTHING: Bytes = Bytes::from_static(b"{}");

/// Serves a call. Who writes gives the reader back first: there are few.
pub(super) async fn call(endpoint: Endpoint, call: Call<'_>, reader: Reader<'_>) -> Result<Bytes, Problem> {
    match endpoint {
        Endpoint::Replenish => replenish(call, reader).await,
        Endpoint::SubscriptionInfo => subscription_info(call, reader).await,
        Endpoint::OrderInfo => order_info(call, reader).await,
        Endpoint::SlotStatus => slot_status(call, reader).await,
        Endpoint::DeviceStatus => device_status(call, reader).await,
        Endpoint::Deregister => deregister(call, reader).await,
        Endpoint::CancelTestOrders => cancel_test_orders(call, reader).await,
    }
}

fn write(answer: &impl Serialize) -> Result<Bytes, Problem> {
    let written = serde_json::to_vec(answer).map(Bytes::from);
    written.map_err(|e| Problem::from(Error::Internal(e.to_string())))
}

async fn replenish(Call { site, caller, .. }: Call<'_>, reader: Reader<'_>) -> Result<Bytes, Problem> {
    let slot = caller.slot.clone().ok_or(Problem::NotFound)?;
    replenished(&order::replenish(&site.app, reader, &caller, &slot).await?)
}

fn replenished(done: &Replenished) -> Result<Bytes, Problem> {
    let (detail_code, instance) = match done {
        Replenished::Standard(instance) => ("STANDARD_ORDER_PLACED", instance),
        Replenished::Test(instance) => ("TEST_ORDER_PLACED", instance),
        Replenished::InProgress(instance) => ("ORDER_INPROGRESS", instance),
    };
    write(&latest::Replenished { detail_code, event_instance_id: instance.to_string() })
}

/// What devices call most, where everything is right, which is nearly always: the check of the caller and what is asked
/// are one statement. `None` when anything is not, or for other calls; then the ordinary order of checks says what it is.
/// A store that is out of reach is not waited for a second time: a reading may be stored, and must not be stored again.
pub(super) async fn at_once(
    site: &Site,
    endpoint: Endpoint,
    token: &str,
    params: &Params<'_>,
    (body, result): (&[u8], Version),
) -> Option<Result<Bytes, Problem>> {
    let app = &site.app;
    let answer = match endpoint {
        Endpoint::SlotStatus => {
            let mut fields = Fields::read(body).ok()?;
            let status = SlotStatus::read(|name| fields.take(name)).ok()?;
            let stored = reading::report(app, token, params.get("slot")?, &status).await;
            stored.map(|stored| stored.then_some(Ok(NOTHING)))
        }
        Endpoint::Replenish => {
            let placed = order::at_once(app, token, params.get("slot")?).await;
            placed.map(|done| Some(replenished(&done?)))
        }
        Endpoint::SubscriptionInfo => {
            subscription::told(app, token).await.map(|slots| Some(slots_told(&slots?, result)))
        }
        Endpoint::OrderInfo => {
            let order = order::told(app, token, params.get("instance")?).await;
            order.map(|order| Some(write(&latest::OrderInfo::from(&order?))))
        }
        _ => return None,
    };
    match answer {
        Ok(answer) => answer,
        // Nothing was wrong with the call itself.
        Err(error @ (Error::Unavailable(_) | Error::Unsubscribed(_) | Error::TooManyOrders(_))) => {
            Some(Err(error.into()))
        }
        Err(_) => None,
    }
}

fn slots_told(slots: &[SlotInfo], result: Version) -> Result<Bytes, Problem> {
    match result {
        Version::V1 => write(&v1::SubscriptionInfo::from(slots)),
        Version::V2 => write(&latest::SubscriptionInfo::from(slots)),
    }
}

async fn slot_status(Call { site, mut caller, body, .. }: Call<'_>, reader: Reader<'_>) -> Result<Bytes, Problem> {
    drop(reader);
    let slot = caller.slot.take().ok_or(Problem::NotFound)?;
    let mut fields = Fields::read(&body)?;
    let status = SlotStatus::read(|name| fields.take(name)).map_err(Error::from)?;
    reading::add(&site.app, caller, slot, status).await?;
    Ok(NOTHING)
}

async fn device_status(Call { site, caller, body, .. }: Call<'_>, reader: Reader<'_>) -> Result<Bytes, Problem> {
    drop(reader);
    let mut fields = Fields::read(&body)?;
    let status = DeviceStatus::read(|name| fields.take(name)).map_err(Error::from)?;
    device::status(&site.app, &caller, &status).await?;
    Ok(NOTHING)
}

async fn deregister(call: Call<'_>, reader: Reader<'_>) -> Result<Bytes, Problem> {
    drop(reader);
    let named = (call.param("model"), call.param("serial"));
    let named = (named != ("", "")).then_some(named);
    device::deregister(&call.site.app, &call.caller, named).await?;
    Ok(NOTHING)
}

async fn subscription_info(Call { caller, result, .. }: Call<'_>, reader: Reader<'_>) -> Result<Bytes, Problem> {
    slots_told(&subscription::info(reader, &caller).await?, result)
}

async fn cancel_test_orders(Call { site, mut caller, .. }: Call<'_>, reader: Reader<'_>) -> Result<Bytes, Problem> {
    drop(reader);
    let slot = caller.slot.take();
    let slots = order::cancel_test(&site.app, &caller, slot).await?;
    let status = |free| if free { "NO_ORDER_IN_PROGRESS" } else { "ORDER_INPROGRESS" };
    let slot_order_statuses = slots
        .into_iter()
        .map(|(slot, free)| latest::SlotOrderStatus { order_status: status(free), slot_id: slot.to_string() })
        .collect();
    write(&latest::TestOrdersCancelled { slot_order_statuses })
}

async fn order_info(call: Call<'_>, reader: Reader<'_>) -> Result<Bytes, Problem> {
    let order = order::info(reader, &call.caller, call.param("instance")).await?;
    write(&latest::OrderInfo::from(&order))
}
