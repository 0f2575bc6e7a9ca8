//! A model of devices, slots, orders, codes and tokens in memory: it predicts the answers of the service.
//!
//! It does not repeat the rules of the service: it has no rows, events or transactions, and its time is a number of
//! minutes.

use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

/// The number of units that are linked; those with an even number are test devices.
pub const UNITS: usize = 2;
/// The number of slots of a unit.
pub const SLOTS: usize = 2;
/// The number of customers.
pub const OWNERS: usize = 2;

/// An action of a device, a maker's cloud, an operator or the clock. Tokens, codes and orders are counted back from the
/// newest, ended ones included.
#[derive(Clone, Debug)]
pub enum ModelStep {
    /// Links a unit, and gets tokens.
    Link {
        unit: usize,
        owner: usize,
    },
    /// Links a unit, and gets a code.
    LinkForCode {
        unit: usize,
        owner: usize,
    },
    Redeem {
        code: usize,
    },
    Refresh {
        token: usize,
    },
    Report {
        token: usize,
        slot: usize,
    },
    Replenish {
        token: usize,
        slot: usize,
    },
    /// Cancels the test order of one slot, or of all slots.
    Cancel {
        token: usize,
        slot: Option<usize>,
    },
    Info {
        token: usize,
        order: usize,
    },
    Deregister {
        token: usize,
    },
    /// Minutes pass.
    Wait {
        minutes: i64,
    },
}

/// The answer that the server should give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepAnswer {
    /// Success, without anything to compare.
    Done,
    Tokens,
    InvalidGrant,
    InvalidToken,
    NotTestDevice,
    UnknownOrder,
    /// This order was placed.
    Placed(usize),
    InProgress(usize),
    Status(&'static str),
    /// The step has nothing to act on.
    Nothing,
}

/// The index of the item that `by` items came after; there is at least one item.
pub fn index_from_newest(count: usize, by: usize) -> usize {
    count - 1 - by % count
}

/// A registration of a unit by a customer.
#[derive(Clone, Copy, Debug)]
pub struct ModelRegistration {
    pub unit: usize,
    owner: usize,
    ended: bool,
}

/// A pair of tokens: the refresh token, and the access token with its issue time in minutes.
#[derive(Clone, Copy, Debug)]
pub struct ModelToken {
    registration: usize,
    family: usize,
    since: i64,
}

#[derive(Clone, Copy, Debug)]
struct ModelAuthorizationCode {
    registration: usize,
    family: usize,
    since: i64,
    used: bool,
}

#[derive(Clone, Copy, Debug)]
struct ModelOrder {
    registration: usize,
    slot: usize,
    since: i64,
    /// The time of its cancellation.
    cancelled: Option<i64>,
}

/// The state of the whole model.
#[derive(Clone, Debug, Default)]
pub struct ServiceModel {
    now: i64,
    registrations: Vec<ModelRegistration>,
    tokens: Vec<ModelToken>,
    codes: Vec<ModelAuthorizationCode>,
    orders: Vec<ModelOrder>,
    /// Token families whose code was used twice.
    revoked: Vec<usize>,
    families: usize,
    /// The expected answer to the last step.
    pub expected: Option<StepAnswer>,
}

/// The lifetimes of an access token and of a code in minutes.
const ACCESS_TOKEN_MINUTES: i64 = 60;
const CODE_MINUTES: i64 = 5;
/// The minutes after which a test order is shipped and delivered; the same for a standard order follows.
const TEST_ORDER_TIMES: (i64, i64) = (10, 20);
const STANDARD_ORDER_TIMES: (i64, i64) = (24 * 60 + 30, 24 * 60 + 30 + 48 * 60);

impl ServiceModel {
    pub fn tokens(&self) -> usize {
        self.tokens.len()
    }

    pub fn codes(&self) -> usize {
        self.codes.len()
    }

    pub fn orders(&self) -> usize {
        self.orders.len()
    }

    fn is_test(&self, registration: usize) -> bool {
        self.registrations[registration].unit.is_multiple_of(2)
    }

    fn has_shipped_and_arrived(&self, order: &ModelOrder) -> (bool, bool) {
        let (left, arrived) = if self.is_test(order.registration) { TEST_ORDER_TIMES } else { STANDARD_ORDER_TIMES };
        // Time does not advance a cancelled order.
        let age = order.cancelled.unwrap_or(self.now) - order.since;
        (age >= left, age >= arrived)
    }

    fn status(&self, order: &ModelOrder) -> &'static str {
        match (self.has_shipped_and_arrived(order).0, order.cancelled) {
            // A shipped order cannot be cancelled.
            (true, _) => "Shipped",
            (false, Some(_)) => "Cancelled",
            (false, None) => "Processing",
        }
    }

    fn find_open_order(&self, registration: usize, slot: usize) -> Option<usize> {
        self.orders.iter().position(|order| {
            let over = order.cancelled.is_some() || self.has_shipped_and_arrived(order).1;
            (order.registration, order.slot) == (registration, slot) && !over
        })
    }

    fn is_valid(&self, registration: usize, family: usize) -> bool {
        !self.registrations[registration].ended && !self.revoked.contains(&family)
    }

    /// The registration of a token's access token, while that is valid.
    fn registration_of_access_token(&self, token: usize) -> Option<usize> {
        let ModelToken { registration, family, since } = self.tokens[index_from_newest(self.tokens.len(), token)];
        (self.is_valid(registration, family) && self.now < since + ACCESS_TOKEN_MINUTES).then_some(registration)
    }

    /// Links a unit. The same customer keeps the registration, another customer takes the unit over. Both begin a new
    /// token family.
    fn link_unit(&mut self, unit: usize, owner: usize) -> (usize, usize) {
        self.families += 1;
        let current = self.registrations.iter().position(|r| r.unit == unit && !r.ended);
        if let Some(current) = current {
            if self.registrations[current].owner == owner {
                return (current, self.families);
            }
            self.registrations[current].ended = true;
        }
        self.registrations.push(ModelRegistration { unit, owner, ended: false });
        let next = self.registrations.len() - 1;
        self.carry_over_open_orders(next);
        (next, self.families)
    }

    /// Open orders go on with the next registration of the same customer's unit.
    fn carry_over_open_orders(&mut self, next: usize) {
        let ModelRegistration { unit, owner, .. } = self.registrations[next];
        for before in 0..next {
            if (self.registrations[before].unit, self.registrations[before].owner) == (unit, owner) {
                for slot in 0..SLOTS {
                    if let Some(order) = self.find_open_order(before, slot) {
                        self.orders[order].registration = next;
                    }
                }
            }
        }
    }

    fn issue_tokens(&mut self, registration: usize, family: usize) -> StepAnswer {
        self.tokens.push(ModelToken { registration, family, since: self.now });
        StepAnswer::Tokens
    }

    fn redeem_code(&mut self, code: usize) -> StepAnswer {
        let code = index_from_newest(self.codes.len(), code);
        let ModelAuthorizationCode { registration, family, since, used } = self.codes[code];
        if used {
            self.revoked.push(family);
            return StepAnswer::InvalidGrant;
        }
        if self.now >= since + CODE_MINUTES {
            return StepAnswer::InvalidGrant;
        }
        self.codes[code].used = true;
        if self.is_valid(registration, family) {
            self.issue_tokens(registration, family)
        } else {
            StepAnswer::InvalidGrant
        }
    }

    fn apply_call(&mut self, step: &ModelStep, registration: usize) -> StepAnswer {
        match *step {
            ModelStep::Replenish { slot, .. } => match self.find_open_order(registration, slot) {
                Some(order) => StepAnswer::InProgress(order),
                None => {
                    self.orders.push(ModelOrder { registration, slot, since: self.now, cancelled: None });
                    StepAnswer::Placed(self.orders.len() - 1)
                }
            },
            ModelStep::Cancel { .. } if !self.is_test(registration) => StepAnswer::NotTestDevice,
            ModelStep::Cancel { slot, .. } => {
                for slot in slot.map_or(0..SLOTS, |slot| slot..slot + 1) {
                    if let Some(order) = self.find_open_order(registration, slot) {
                        self.orders[order].cancelled = Some(self.now);
                    }
                }
                StepAnswer::Done
            }
            ModelStep::Info { order, .. } => match self.orders.len() {
                0 => StepAnswer::Nothing,
                count => match self.orders[index_from_newest(count, order)] {
                    order if order.registration == registration => StepAnswer::Status(self.status(&order)),
                    _ => StepAnswer::UnknownOrder,
                },
            },
            ModelStep::Deregister { .. } => {
                self.registrations[registration].ended = true;
                StepAnswer::Done
            }
            _ => StepAnswer::Done,
        }
    }

    fn apply_step(&mut self, step: &ModelStep) -> StepAnswer {
        match *step {
            ModelStep::Link { unit, owner } => {
                let (registration, family) = self.link_unit(unit, owner);
                self.issue_tokens(registration, family)
            }
            ModelStep::LinkForCode { unit, owner } => {
                let (registration, family) = self.link_unit(unit, owner);
                self.codes.push(ModelAuthorizationCode { registration, family, since: self.now, used: false });
                StepAnswer::Done
            }
            ModelStep::Redeem { .. } if self.codes.is_empty() => StepAnswer::Nothing,
            ModelStep::Redeem { code } => self.redeem_code(code),
            ModelStep::Wait { minutes } => {
                self.now += minutes;
                StepAnswer::Done
            }
            _ if self.tokens.is_empty() => StepAnswer::Nothing,
            ModelStep::Info { .. } if self.orders.is_empty() => StepAnswer::Nothing,
            ModelStep::Refresh { token } => {
                let ModelToken { registration, family, .. } = self.tokens[index_from_newest(self.tokens.len(), token)];
                if self.is_valid(registration, family) {
                    self.issue_tokens(registration, family)
                } else {
                    StepAnswer::InvalidGrant
                }
            }
            ModelStep::Report { token, .. }
            | ModelStep::Replenish { token, .. }
            | ModelStep::Cancel { token, .. }
            | ModelStep::Info { token, .. }
            | ModelStep::Deregister { token } => match self.registration_of_access_token(token) {
                Some(registration) => self.apply_call(step, registration),
                None => StepAnswer::InvalidToken,
            },
        }
    }
}

impl ReferenceStateMachine for ServiceModel {
    type State = Self;
    type Transition = ModelStep;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<ModelStep> {
        let (unit, owner, slot) = (0..UNITS, 0..OWNERS, 0..SLOTS);
        // Mostly the newest, sometimes one that ended long ago.
        let by = || prop_oneof![5 => Just(0_usize), 3 => 1..4_usize, 1 => 4..64_usize];
        let (token, code, order) = (by(), by(), by());
        // The times at which something ends, the times just before, and values that add up to them.
        let short = prop::sample::select(vec![1, 4, 5, 9, 10, 20]);
        let long = prop::sample::select(vec![39, 59, 60, 30, 1440, 2879, 2880]);
        let minutes = prop_oneof![4 => short, 1 => long];
        prop_oneof![
            3 => (unit.clone(), owner.clone()).prop_map(|(unit, owner)| ModelStep::Link { unit, owner }),
            2 => (unit, owner).prop_map(|(unit, owner)| ModelStep::LinkForCode { unit, owner }),
            3 => code.prop_map(|code| ModelStep::Redeem { code }),
            3 => token.clone().prop_map(|token| ModelStep::Refresh { token }),
            2 => (token.clone(), slot.clone()).prop_map(|(token, slot)| ModelStep::Report { token, slot }),
            6 => (token.clone(), slot.clone()).prop_map(|(token, slot)| ModelStep::Replenish { token, slot }),
            3 => (token.clone(), proptest::option::of(slot)).prop_map(|(token, slot)| ModelStep::Cancel { token, slot }),
            3 => (token.clone(), order).prop_map(|(token, order)| ModelStep::Info { token, order }),
            1 => token.prop_map(|token| ModelStep::Deregister { token }),
            5 => minutes.prop_map(|minutes| ModelStep::Wait { minutes }),
        ]
        .boxed()
    }

    fn apply(mut state: Self, step: &ModelStep) -> Self {
        state.expected = Some(state.apply_step(step));
        state
    }
}
