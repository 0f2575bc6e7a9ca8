//! The seven endpoints. Each reads its input, calls one use case and writes the answer.

use super::body::BodyFields;
use super::error::ApiError;
use super::{ApiCall, PathParams};
use axum::body::Bytes;
use opendrs_domain::notification::SlotInfo;
use opendrs_domain::reading::{DeviceStatus, SlotStatus};
use opendrs_domain::version::{ApiEndpoint, Version};
use opendrs_domain::wire::{latest, v1};
use opendrs_edge::state::AppState;
use opendrs_service::order::{ReplenishOutcome, SlotLockState};
use opendrs_service::token::DeviceToken;
use opendrs_service::{Error, FastPath, device, order, reading, subscription};
use serde::Serialize;

/// The answer without content: an empty object, because some clients fail on an empty body.
const EMPTY_OBJECT: Bytes = Bytes::from_static(b"{}");

/// Serves a call.
pub(super) async fn dispatch(endpoint: ApiEndpoint, call: ApiCall<'_>) -> Result<Bytes, ApiError> {
    match endpoint {
        ApiEndpoint::Replenish => replenish(call).await,
        ApiEndpoint::SubscriptionInfo => subscription_info(call).await,
        ApiEndpoint::OrderInfo => order_info(call).await,
        ApiEndpoint::SlotStatus => slot_status(call).await,
        ApiEndpoint::DeviceStatus => device_status(call).await,
        ApiEndpoint::Deregister => deregister(call).await,
        ApiEndpoint::CancelTestOrders => cancel_test_orders(call).await,
    }
}

fn to_json(answer: &impl Serialize) -> Result<Bytes, ApiError> {
    let written = serde_json::to_vec(answer).map(Bytes::from);
    written.map_err(|e| ApiError::from(Error::Internal(e.to_string())))
}

async fn replenish(ApiCall { state, caller, .. }: ApiCall<'_>) -> Result<Bytes, ApiError> {
    let slot = caller.slot.clone().ok_or(ApiError::NotFound)?;
    replenish_json(&order::replenish(&state.app, &caller, &slot).await?)
}

fn replenish_json(done: &ReplenishOutcome) -> Result<Bytes, ApiError> {
    let (detail_code, instance) = match done {
        ReplenishOutcome::Standard(instance) => ("STANDARD_ORDER_PLACED", instance),
        ReplenishOutcome::Test(instance) => ("TEST_ORDER_PLACED", instance),
        ReplenishOutcome::InProgress(instance) => ("ORDER_INPROGRESS", instance),
    };
    to_json(&latest::ReplenishResult { detail_code, event_instance_id: instance.to_string() })
}

/// Serves the most frequent calls by the fast path: one statement checks the caller and does the work.
///
/// Other calls, and calls that are not entirely correct, are rechecked: the ordinary order of checks finds the error. A
/// store that is unavailable is not tried a second time: a reading may be stored already, and must not be stored twice.
pub(super) async fn try_fast_path(
    state: &AppState,
    endpoint: ApiEndpoint,
    token: &DeviceToken<'_>,
    params: &PathParams<'_>,
    body: &[u8],
    result: Version,
) -> FastPath<Result<Bytes, ApiError>> {
    let app = &state.app;
    let param = |name| params.get(name).unwrap_or_default();
    let answer = match endpoint {
        ApiEndpoint::SlotStatus => {
            let Some(status) = parse_slot_status(body) else { return FastPath::Recheck };
            let stored = reading::record_by_token(app, token, param("slot"), &status).await;
            stored.map(|stored| stored.map(|()| Ok(EMPTY_OBJECT)))
        }
        ApiEndpoint::Replenish => {
            let placed = order::replenish_by_token(app, token, param("slot")).await;
            placed.map(|placed| placed.map(|outcome| replenish_json(&outcome)))
        }
        ApiEndpoint::SubscriptionInfo => {
            let slots = subscription::list_by_token(app, token).await;
            slots.map(|slots| slots.map(|slots| subscription_info_json(&slots, result)))
        }
        ApiEndpoint::OrderInfo => {
            let order = order::find_by_token(app, token, param("instance")).await;
            order.map(|order| order.map(|order| to_json(&latest::OrderInfo::from(&order))))
        }
        ApiEndpoint::DeviceStatus | ApiEndpoint::Deregister | ApiEndpoint::CancelTestOrders => {
            return FastPath::Recheck;
        }
    };
    match answer {
        Ok(answer) => answer,
        // The call itself was correct.
        Err(error @ (Error::Unavailable(_) | Error::Unsubscribed(_) | Error::OrderLimitReached(_))) => {
            FastPath::Done(Err(error.into()))
        }
        Err(_) => FastPath::Recheck,
    }
}

/// Parses the body of SlotStatus; `None` for one that is not correct.
fn parse_slot_status(body: &[u8]) -> Option<SlotStatus> {
    let mut fields = BodyFields::parse(body).ok()?;
    SlotStatus::from_fields(|name| fields.take(name)).ok()
}

fn subscription_info_json(slots: &[SlotInfo], result: Version) -> Result<Bytes, ApiError> {
    match result {
        Version::V1 => to_json(&v1::SubscriptionInfoV1::from(slots)),
        Version::V2 => to_json(&latest::SubscriptionInfo::from(slots)),
    }
}

async fn slot_status(ApiCall { state, mut caller, body, .. }: ApiCall<'_>) -> Result<Bytes, ApiError> {
    let slot = caller.slot.take().ok_or(ApiError::NotFound)?;
    let mut fields = BodyFields::parse(&body)?;
    let status = SlotStatus::from_fields(|name| fields.take(name)).map_err(Error::from)?;
    reading::record(&state.app, caller, slot, status).await?;
    Ok(EMPTY_OBJECT)
}

async fn device_status(ApiCall { state, caller, body, .. }: ApiCall<'_>) -> Result<Bytes, ApiError> {
    let mut fields = BodyFields::parse(&body)?;
    let status = DeviceStatus::from_fields(|name| fields.take(name)).map_err(Error::from)?;
    device::record_status(&state.app, &caller, &status).await?;
    Ok(EMPTY_OBJECT)
}

async fn deregister(call: ApiCall<'_>) -> Result<Bytes, ApiError> {
    let named = (call.param("model"), call.param("serial"));
    let named = (named != ("", "")).then_some(named);
    device::deregister(&call.state.app, &call.caller, named).await?;
    Ok(EMPTY_OBJECT)
}

async fn subscription_info(
    ApiCall { state, caller, result_version: result, .. }: ApiCall<'_>,
) -> Result<Bytes, ApiError> {
    subscription_info_json(&subscription::list_for_device(&state.app, &caller).await?, result)
}

async fn cancel_test_orders(ApiCall { state, mut caller, .. }: ApiCall<'_>) -> Result<Bytes, ApiError> {
    let slot = caller.slot.take();
    let slots = order::cancel_test_orders(&state.app, &caller, slot).await?;
    let status = |free| if free { "NO_ORDER_IN_PROGRESS" } else { "ORDER_INPROGRESS" };
    let to_status = |SlotLockState { slot, is_free }: SlotLockState| latest::SlotOrderStatus {
        order_status: status(is_free),
        slot_id: slot.to_string(),
    };
    let slot_order_statuses = slots.into_iter().map(to_status).collect();
    to_json(&latest::CancelTestOrdersResult { slot_order_statuses })
}

async fn order_info(call: ApiCall<'_>) -> Result<Bytes, ApiError> {
    let order = order::find_for_device(&call.state.app, &call.caller, call.param("instance")).await?;
    to_json(&latest::OrderInfo::from(&order))
}
