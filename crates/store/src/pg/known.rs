//! Which devices were found in good standing, and which of their slots, so that they need not be looked up again.
//!
//! What it is: a device and a slot that were found good are remembered along with the change of devices that was the
//! last when they were looked up (table `device_change`, which the database keeps by itself). A statement that relies on
//! them asks in itself whether that change is still the last, so that an end or a revocation holds with its commit, on
//! every node. What it is not: it knows nothing of what devices have or did. Invariant: nothing is kept that a transaction
//! found which did not commit; memory is bounded.

use crate::access::AccessVersion;
use opendrs_domain::id::DeviceId;
use opendrs_domain::text::SlotId;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many are remembered before those that were met longest ago are let go; as many again may be. 24 bytes each.
const HALF: usize = 448 * 1024;

/// A device, and the number of a slot's name.
type Pair = ([u8; 16], u32);

#[derive(Default)]
struct State {
    /// The change of devices that was the last when all that follows was found.
    change: Option<i64>,
    /// The version of all that decides which tokens are refused, when all that follows was found. Whoever relies on a device
    /// has judged its token by the same; another version is another change of devices, too.
    access: Option<AccessVersion>,
    slots: HashMap<String, u32>,
    young: HashSet<Pair>,
    old: HashSet<Pair>,
    /// Found by a transaction that has not ended.
    found: Vec<(i64, AccessVersion, DeviceId, SlotId)>,
}

/// What a connection knows.
pub(crate) struct Known {
    kept: bool,
    half: usize,
    state: Mutex<State>,
}

impl Known {
    /// Knows nothing yet, or never will.
    pub(super) fn new(kept: bool) -> Self {
        Self { kept, half: HALF, state: Mutex::default() }
    }

    /// It, if it is of use.
    pub(crate) fn kept(&self) -> Option<&Self> {
        self.kept.then_some(self)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The change as of which a device and its slot are good, if they were, for a token that was judged by this version.
    pub(crate) fn good(&self, device: DeviceId, slot: &SlotId, access: AccessVersion) -> Option<i64> {
        let mut state = self.state();
        if state.access != Some(access) {
            return None;
        }
        let pair = (device.0.into_bytes(), *state.slots.get(slot.as_str())?);
        if !state.young.contains(&pair) {
            if !state.old.remove(&pair) {
                return None;
            }
            state.keep(pair, self.half);
        }
        state.change
    }

    /// The last change that is known.
    pub(crate) fn change(&self) -> Option<i64> {
        self.state().change
    }

    /// A change was found to be the last. What is found from now on is as of it.
    pub(crate) fn begin(&self, change: i64) {
        self.state().change.get_or_insert(change);
    }

    /// There was another change since this one.
    pub(crate) fn over(&self, change: i64) {
        let mut state = self.state();
        if state.change == Some(change) {
            *state = State { found: std::mem::take(&mut state.found), ..State::default() };
        }
    }

    /// A device and slot were found good after a change was found to be the last, not before, and by a statement that found
    /// this version to be the present one.
    pub(crate) fn found(&self, (change, access): (i64, AccessVersion), device: DeviceId, slot: &SlotId) {
        self.state().found.push((change, access, device, slot.clone()));
    }

    /// The transaction ended.
    pub(super) fn ended(&self, committed: bool) {
        let mut state = self.state();
        for (change, access, device, slot) in std::mem::take(&mut state.found) {
            if committed && state.change == Some(change) {
                if *state.access.get_or_insert(access) != access {
                    // Two versions, so the change between them was not noticed yet.
                    *state = State::default();
                    return;
                }
                let next = u32::try_from(state.slots.len()).unwrap_or(u32::MAX);
                let slot = *state.slots.entry(slot.as_str().to_owned()).or_insert(next);
                state.keep((device.0.into_bytes(), slot), self.half);
            }
        }
    }
}

impl State {
    fn keep(&mut self, pair: Pair, half: usize) {
        if self.young.len() >= half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(pair);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn device(n: u128) -> DeviceId {
        DeviceId(Uuid::from_u128(n))
    }

    fn slot() -> SlotId {
        SlotId::parse("filter").unwrap()
    }

    const ACCESS: AccessVersion = AccessVersion(1);

    fn found(known: &Known, devices: impl IntoIterator<Item = u128>) {
        known.begin(5);
        devices.into_iter().for_each(|n| known.found((5, ACCESS), device(n), &slot()));
        known.ended(true);
    }

    fn good(known: &Known, devices: impl IntoIterator<Item = u128>) -> Vec<u128> {
        devices.into_iter().filter(|n| known.good(device(*n), &slot(), ACCESS) == Some(5)).collect()
    }

    #[test]
    fn a_token_judged_by_another_version_relies_on_nothing() {
        let known = Known::new(true);
        found(&known, 1..3);
        assert_eq!(known.good(device(1), &slot(), AccessVersion(2)), None);
        known.found((5, AccessVersion(2)), device(3), &slot());
        known.ended(true);
        assert_eq!((good(&known, 1..4), known.change()), (vec![], None), "all was found before a change");
    }

    #[test]
    fn what_was_found_is_known_when_its_transaction_has_committed() {
        let known = Known::new(true);
        known.begin(5);
        known.found((5, ACCESS), device(1), &slot());
        assert_eq!(known.good(device(1), &slot(), ACCESS), None);
        known.ended(false);
        known.found((5, ACCESS), device(2), &slot());
        known.ended(true);
        assert_eq!(good(&known, 1..4), [2]);
        assert_eq!(known.good(device(2), &SlotId::parse("soap").unwrap(), ACCESS), None);
    }

    #[test]
    fn a_change_makes_all_of_it_unknown() {
        let known = Known::new(true);
        found(&known, 1..3);
        known.over(4);
        assert_eq!(good(&known, 1..4), [1, 2], "another one");
        known.found((5, ACCESS), device(3), &slot());
        known.over(5);
        known.begin(6);
        known.ended(true);
        assert_eq!((good(&known, 1..4), known.change()), (vec![], Some(6)), "nor what was found before it");
    }

    #[test]
    fn those_met_longest_ago_are_let_go() {
        let known = Known { half: 4, ..Known::new(true) };
        found(&known, 0..6);
        assert_eq!(good(&known, [1]), [1]);
        found(&known, 6..8);
        assert_eq!(good(&known, 0..8), [1, 4, 5, 6, 7]);
    }
}
