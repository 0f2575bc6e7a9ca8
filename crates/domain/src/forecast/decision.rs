//! The decision: order, notify or wait.
//!
//! What it is: the checks in their order; the first that holds decides (docs/spec/forecast.md#forecast-decision). What it
//! is not: the order itself, which is placed as for a Replenish. Invariant: with an open order, a pause or a rest the
//! answer is always to wait.

use super::risk::RiskContext;

/// Who orders for a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecidingMode {
    /// The device, by Replenish.
    Device,
    /// The service, when the risk of running out reaches the accepted one.
    Service,
    /// Nobody. The customer gets a notice.
    Notify,
}

/// What else the decision depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotSituation {
    /// The slot has an open order.
    pub has_open_order: bool,
    /// The customer paused all orders.
    pub is_paused: bool,
    /// The slot rests after a cancelled or expired order.
    pub is_resting: bool,
    /// A pack was delivered, no reading came since, and the device does not count what is in the house.
    pub awaits_reading: bool,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SlotAction {
    /// Place an order.
    Order,
    /// Tell the customer.
    Notify,
    /// Nothing.
    Wait,
}

/// The check that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecisionReason {
    /// The device orders.
    DeviceDecides,
    /// An order is open.
    OrderOpen,
    /// The customer paused all orders.
    Paused,
    /// The slot rests after a cancelled or expired order.
    Resting,
    /// There are fewer than two readings.
    TooFewReadings,
    /// A sudden fall waits for its confirmation.
    FallHeldBack,
    /// No reading came for too long.
    Silent,
    /// Readings come too seldom for what one filling lasts.
    ReportsTooSeldom,
    /// A pack was delivered, and no reading came since.
    NoReadingSinceDelivery,
    /// The bound of the risk is below the accepted risk.
    FarFromEmpty,
    /// The risk is below the accepted risk.
    NotYet,
    /// The risk has reached the accepted risk.
    MayRunOut,
}

/// What to do, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlotDecision {
    /// What to do.
    pub action: SlotAction,
    /// The check that decided.
    pub reason: DecisionReason,
    /// The risk of running out, where it was computed; for [`DecisionReason::FarFromEmpty`], its bound.
    pub risk: Option<f64>,
}

/// The accepted risk where a maker sets none.
pub const DEFAULT_ACCEPTED_RISK: f64 = 0.05;
/// The readings without which nothing is decided.
const LEAST_READINGS: u32 = 2;
/// The least number of readings during one filling.
const READINGS_A_FILLING: f64 = 5.0;

/// The silence after which a slot counts as silent, in days, if it usually reports every `every` days.
#[must_use]
pub fn silent_after(every: f64) -> f64 {
    (4.0 * every).clamp(7.0, 14.0)
}

impl RiskContext<'_> {
    /// Decides about the slot at a time, in days. `accepted` is the accepted risk, from 0 to 1.
    #[must_use]
    pub fn decide(&self, mode: DecidingMode, situation: SlotSituation, now: f64, accepted: f64) -> SlotDecision {
        use DecisionReason as Reason;
        use SlotAction::{Notify, Wait};
        let without_risk = |action, reason| SlotDecision { action, reason, risk: None };
        let track = &self.state.track;
        if let Some(reason) = blocking_reason(mode, situation) {
            return without_risk(Wait, reason);
        }
        let Some(at) = track.at.filter(|_| track.readings >= LEAST_READINGS) else {
            return without_risk(Wait, Reason::TooFewReadings);
        };
        if track.jump.is_fall() {
            return without_risk(Wait, Reason::FallHeldBack);
        }
        if now - at > silent_after(track.every) {
            return without_risk(Notify, Reason::Silent);
        }
        let score = self.score(now);
        if track.every * score.rate > track.full / READINGS_A_FILLING {
            return without_risk(Notify, Reason::ReportsTooSeldom);
        }
        if situation.awaits_reading {
            return without_risk(Wait, Reason::NoReadingSinceDelivery);
        }
        let bound = score.bound();
        if bound < accepted {
            return SlotDecision { action: Wait, reason: Reason::FarFromEmpty, risk: Some(bound) };
        }
        let risk = score.risk();
        if risk < accepted {
            return SlotDecision { action: Wait, reason: Reason::NotYet, risk: Some(risk) };
        }
        let action = if mode == DecidingMode::Service { SlotAction::Order } else { Notify };
        SlotDecision { action, reason: Reason::MayRunOut, risk: Some(risk) }
    }
}

/// The checks that need no reading.
fn blocking_reason(mode: DecidingMode, situation: SlotSituation) -> Option<DecisionReason> {
    [
        (mode == DecidingMode::Device).then_some(DecisionReason::DeviceDecides),
        situation.has_open_order.then_some(DecisionReason::OrderOpen),
        situation.is_paused.then_some(DecisionReason::Paused),
        situation.is_resting.then_some(DecisionReason::Resting),
    ]
    .into_iter()
    .flatten()
    .next()
}

#[cfg(test)]
#[path = "tests/decision.rs"]
mod tests;
