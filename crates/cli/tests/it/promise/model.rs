//! Devices, slots, orders, codes and tokens in plain memory: what the service should say, in as few words as possible.
//!
//! It is not the service's rules again: no row, no event, no transaction; time is a number of minutes.

use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

/// Units that are linked; those of an even number are test devices.
pub const UNITS: usize = 2;
/// Slots of a unit.
pub const SLOTS: usize = 2;
/// Customers.
pub const OWNERS: usize = 2;

/// Something that a device, a maker's cloud, an operator or the clock does. Tokens, codes and orders are named by how
/// many came after them; the dead ones too.
#[derive(Clone, Debug)]
pub enum Step {
    /// Links a unit, for tokens.
    Link {
        unit: usize,
        owner: usize,
    },
    /// Links a unit, for a code.
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
    /// One slot's test order, or all.
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

/// What the server should answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Nothing to compare: it is done.
    Done,
    Tokens,
    InvalidGrant,
    InvalidToken,
    NotTestDevice,
    UnknownOrder,
    /// This order was placed now.
    Placed(usize),
    InProgress(usize),
    Status(&'static str),
    /// There is nothing to do it with.
    Nothing,
}

/// The number of the one that so many came after; there is at least one.
pub fn back(count: usize, by: usize) -> usize {
    count - 1 - by % count
}

/// A registration of a unit by a customer.
#[derive(Clone, Copy, Debug)]
pub struct Registration {
    pub unit: usize,
    owner: usize,
    ended: bool,
}

/// A token pair: its refresh token, and its access token since a minute.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    registration: usize,
    family: usize,
    since: i64,
}

#[derive(Clone, Copy, Debug)]
struct Code {
    registration: usize,
    family: usize,
    since: i64,
    used: bool,
}

#[derive(Clone, Copy, Debug)]
struct Order {
    registration: usize,
    slot: usize,
    since: i64,
    /// When it was cancelled.
    cancelled: Option<i64>,
}

/// Everything there is.
#[derive(Clone, Debug, Default)]
pub struct Model {
    now: i64,
    registrations: Vec<Registration>,
    tokens: Vec<Token>,
    codes: Vec<Code>,
    orders: Vec<Order>,
    /// Families whose code came twice.
    revoked: Vec<usize>,
    families: usize,
    /// What the last step should be answered.
    pub said: Option<Said>,
}

/// Minutes that an access token lives, and a code.
const ACCESS: i64 = 60;
const CODE: i64 = 5;
/// Minutes after which a test order has left and arrived; the same of a standard order.
const TEST: (i64, i64) = (10, 20);
const STANDARD: (i64, i64) = (24 * 60 + 30, 24 * 60 + 30 + 48 * 60);

impl Model {
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

    fn left_and_arrived(&self, order: &Order) -> (bool, bool) {
        let (left, arrived) = if self.is_test(order.registration) { TEST } else { STANDARD };
        // Once it is cancelled, time no longer moves it.
        let age = order.cancelled.unwrap_or(self.now) - order.since;
        (age >= left, age >= arrived)
    }

    fn status(&self, order: &Order) -> &'static str {
        match (self.left_and_arrived(order).0, order.cancelled) {
            // What has left is not cancelled any more, whatever was asked.
            (true, _) => "Shipped",
            (false, Some(_)) => "Cancelled",
            (false, None) => "Processing",
        }
    }

    fn open(&self, registration: usize, slot: usize) -> Option<usize> {
        self.orders.iter().position(|order| {
            let over = order.cancelled.is_some() || self.left_and_arrived(order).1;
            (order.registration, order.slot) == (registration, slot) && !over
        })
    }

    fn stands(&self, registration: usize, family: usize) -> bool {
        !self.registrations[registration].ended && !self.revoked.contains(&family)
    }

    /// The registration that a token's access token opens.
    fn opens(&self, token: usize) -> Option<usize> {
        let Token { registration, family, since } = self.tokens[back(self.tokens.len(), token)];
        (self.stands(registration, family) && self.now < since + ACCESS).then_some(registration)
    }

    /// Links: the same customer keeps the registration, another one takes the unit over. A new family either way.
    fn link(&mut self, unit: usize, owner: usize) -> (usize, usize) {
        self.families += 1;
        let current = self.registrations.iter().position(|r| r.unit == unit && !r.ended);
        if let Some(current) = current {
            if self.registrations[current].owner == owner {
                return (current, self.families);
            }
            self.registrations[current].ended = true;
        }
        self.registrations.push(Registration { unit, owner, ended: false });
        let next = self.registrations.len() - 1;
        self.adopt(next);
        (next, self.families)
    }

    /// Open orders of the same customer's unit go on with its next registration.
    fn adopt(&mut self, next: usize) {
        let Registration { unit, owner, .. } = self.registrations[next];
        for before in 0..next {
            if (self.registrations[before].unit, self.registrations[before].owner) == (unit, owner) {
                for slot in 0..SLOTS {
                    if let Some(order) = self.open(before, slot) {
                        self.orders[order].registration = next;
                    }
                }
            }
        }
    }

    fn issue(&mut self, registration: usize, family: usize) -> Said {
        self.tokens.push(Token { registration, family, since: self.now });
        Said::Tokens
    }

    fn redeem(&mut self, code: usize) -> Said {
        let code = back(self.codes.len(), code);
        let Code { registration, family, since, used } = self.codes[code];
        if used {
            self.revoked.push(family);
            return Said::InvalidGrant;
        }
        if self.now >= since + CODE {
            return Said::InvalidGrant;
        }
        self.codes[code].used = true;
        match self.stands(registration, family) {
            true => self.issue(registration, family),
            false => Said::InvalidGrant,
        }
    }

    fn call(&mut self, step: &Step, registration: usize) -> Said {
        match *step {
            Step::Replenish { slot, .. } => match self.open(registration, slot) {
                Some(order) => Said::InProgress(order),
                None => {
                    self.orders.push(Order { registration, slot, since: self.now, cancelled: None });
                    Said::Placed(self.orders.len() - 1)
                }
            },
            Step::Cancel { .. } if !self.is_test(registration) => Said::NotTestDevice,
            Step::Cancel { slot, .. } => {
                for slot in slot.map_or(0..SLOTS, |slot| slot..slot + 1) {
                    if let Some(order) = self.open(registration, slot) {
                        self.orders[order].cancelled = Some(self.now);
                    }
                }
                Said::Done
            }
            Step::Info { order, .. } => match self.orders.len() {
                0 => Said::Nothing,
                count => match self.orders[back(count, order)] {
                    order if order.registration == registration => Said::Status(self.status(&order)),
                    _ => Said::UnknownOrder,
                },
            },
            Step::Deregister { .. } => {
                self.registrations[registration].ended = true;
                Said::Done
            }
            _ => Said::Done,
        }
    }

    fn step(&mut self, step: &Step) -> Said {
        match *step {
            Step::Link { unit, owner } => {
                let (registration, family) = self.link(unit, owner);
                self.issue(registration, family)
            }
            Step::LinkForCode { unit, owner } => {
                let (registration, family) = self.link(unit, owner);
                self.codes.push(Code { registration, family, since: self.now, used: false });
                Said::Done
            }
            Step::Redeem { .. } if self.codes.is_empty() => Said::Nothing,
            Step::Redeem { code } => self.redeem(code),
            Step::Wait { minutes } => {
                self.now += minutes;
                Said::Done
            }
            _ if self.tokens.is_empty() => Said::Nothing,
            Step::Info { .. } if self.orders.is_empty() => Said::Nothing,
            Step::Refresh { token } => {
                let Token { registration, family, .. } = self.tokens[back(self.tokens.len(), token)];
                match self.stands(registration, family) {
                    true => self.issue(registration, family),
                    false => Said::InvalidGrant,
                }
            }
            Step::Report { token, .. }
            | Step::Replenish { token, .. }
            | Step::Cancel { token, .. }
            | Step::Info { token, .. }
            | Step::Deregister { token } => match self.opens(token) {
                Some(registration) => self.call(step, registration),
                None => Said::InvalidToken,
            },
        }
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Step> {
        let (unit, owner, slot) = (0..UNITS, 0..OWNERS, 0..SLOTS);
        // Mostly the newest, sometimes one long dead.
        let by = || prop_oneof![5 => Just(0_usize), 3 => 1..4_usize, 1 => 4..64_usize];
        let (token, code, order) = (by(), by(), by());
        // The moments at which something ends, those just before, and what adds up to them.
        let short = prop::sample::select(vec![1, 4, 5, 9, 10, 20]);
        let long = prop::sample::select(vec![39, 59, 60, 30, 1440, 2879, 2880]);
        let minutes = prop_oneof![4 => short, 1 => long];
        prop_oneof![
            3 => (unit.clone(), owner.clone()).prop_map(|(unit, owner)| Step::Link { unit, owner }),
            2 => (unit, owner).prop_map(|(unit, owner)| Step::LinkForCode { unit, owner }),
            3 => code.prop_map(|code| Step::Redeem { code }),
            3 => token.clone().prop_map(|token| Step::Refresh { token }),
            2 => (token.clone(), slot.clone()).prop_map(|(token, slot)| Step::Report { token, slot }),
            6 => (token.clone(), slot.clone()).prop_map(|(token, slot)| Step::Replenish { token, slot }),
            3 => (token.clone(), proptest::option::of(slot)).prop_map(|(token, slot)| Step::Cancel { token, slot }),
            3 => (token.clone(), order).prop_map(|(token, order)| Step::Info { token, order }),
            1 => token.prop_map(|token| Step::Deregister { token }),
            5 => minutes.prop_map(|minutes| Step::Wait { minutes }),
        ]
        .boxed()
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        state.said = Some(state.step(step));
        state
    }
}
