//! A cache of valid devices and their slots, so that they need not be queried again.
//!
//! What it is: a device and a slot that were found valid are stored with the epoch, the last change of devices at that
//! time. The database itself counts changes in the table `device_change`. A statement that relies on the cache checks
//! that the epoch is still current. So an ended registration or a revocation takes effect with its commit, on every
//! node. What it is not: it holds no data of devices. Invariant: nothing is kept from a transaction that did not
//! commit; memory is bounded.

use crate::access_version::AccessVersion;
use opendrs_domain::id::DeviceId;
use opendrs_domain::text::SlotId;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many entries are kept before the oldest generation is dropped; two generations may exist. 24 bytes each.
const CACHE_GENERATION_CAPACITY: usize = 448 * 1024;

/// A device, and the number of a slot's name.
type DeviceSlotKey = ([u8; 16], u32);

#[derive(Default)]
struct CacheState {
    /// The last change of devices when all entries were found.
    epoch: Option<i64>,
    /// The access version when all entries were found. A caller that relies on a device has checked its token by the
    /// same version. Another version is another change of devices as well.
    access_version: Option<AccessVersion>,
    slots: HashMap<String, u32>,
    young: HashSet<DeviceSlotKey>,
    old: HashSet<DeviceSlotKey>,
    /// Entries found by a transaction that has not ended.
    uncommitted: Vec<(i64, AccessVersion, DeviceId, SlotId)>,
}

/// What a connection knows of valid devices.
pub(crate) struct ValidDeviceCache {
    enabled: bool,
    generation_capacity: usize,
    state: Mutex<CacheState>,
}

impl ValidDeviceCache {
    /// An empty cache; with `kept` false it stays empty.
    pub(super) fn new(kept: bool) -> Self {
        Self { enabled: kept, generation_capacity: CACHE_GENERATION_CAPACITY, state: Mutex::default() }
    }

    /// The cache, if it is enabled.
    pub(crate) fn if_enabled(&self) -> Option<&Self> {
        self.enabled.then_some(self)
    }

    fn lock_state(&self) -> MutexGuard<'_, CacheState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The epoch at which a device and its slot were valid, for a token that was checked by this access version.
    pub(crate) fn valid_since(&self, device: DeviceId, slot: &SlotId, access: AccessVersion) -> Option<i64> {
        let mut state = self.lock_state();
        if state.access_version != Some(access) {
            return None;
        }
        let pair = (device.0.into_bytes(), *state.slots.get(slot.as_str())?);
        if !state.young.contains(&pair) {
            if !state.old.remove(&pair) {
                return None;
            }
            state.insert(pair, self.generation_capacity);
        }
        state.epoch
    }

    /// The last known epoch.
    pub(crate) fn epoch(&self) -> Option<i64> {
        self.lock_state().epoch
    }

    /// Sets the epoch that was found to be current. Entries found from now on belong to it.
    pub(crate) fn set_epoch(&self, change: i64) {
        self.lock_state().epoch.get_or_insert(change);
    }

    /// Drops the entries of an epoch, because there was another change since.
    pub(crate) fn invalidate(&self, change: i64) {
        let mut state = self.lock_state();
        if state.epoch == Some(change) {
            *state = CacheState { uncommitted: std::mem::take(&mut state.uncommitted), ..CacheState::default() };
        }
    }

    /// Records a device and slot that were found valid after the epoch was read, not before. The statement that found
    /// them also found this access version to be current.
    pub(crate) fn record_valid(&self, change: i64, access: AccessVersion, device: DeviceId, slot: &SlotId) {
        self.lock_state().uncommitted.push((change, access, device, slot.clone()));
    }

    /// Ends the transaction: its entries are kept if it committed.
    pub(super) fn transaction_ended(&self, committed: bool) {
        let mut state = self.lock_state();
        for (change, access, device, slot) in std::mem::take(&mut state.uncommitted) {
            if committed && state.epoch == Some(change) {
                if *state.access_version.get_or_insert(access) != access {
                    // Two versions: the change between them was not noticed yet.
                    *state = CacheState::default();
                    return;
                }
                let next = u32::try_from(state.slots.len()).unwrap_or(u32::MAX);
                let slot = *state.slots.entry(slot.as_str().to_owned()).or_insert(next);
                state.insert((device.0.into_bytes(), slot), self.generation_capacity);
            }
        }
    }
}

impl CacheState {
    fn insert(&mut self, pair: DeviceSlotKey, half: usize) {
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

    fn commit_valid(known: &ValidDeviceCache, devices: impl IntoIterator<Item = u128>) {
        known.set_epoch(5);
        devices.into_iter().for_each(|n| known.record_valid(5, ACCESS, device(n), &slot()));
        known.transaction_ended(true);
    }

    fn filter_valid(known: &ValidDeviceCache, devices: impl IntoIterator<Item = u128>) -> Vec<u128> {
        devices.into_iter().filter(|n| known.valid_since(device(*n), &slot(), ACCESS) == Some(5)).collect()
    }

    #[test]
    fn a_token_judged_by_another_version_relies_on_nothing() {
        let known = ValidDeviceCache::new(true);
        commit_valid(&known, 1..3);
        assert_eq!(known.valid_since(device(1), &slot(), AccessVersion(2)), None);
        known.record_valid(5, AccessVersion(2), device(3), &slot());
        known.transaction_ended(true);
        assert_eq!((filter_valid(&known, 1..4), known.epoch()), (vec![], None), "all was found before a change");
    }

    #[test]
    fn what_was_found_is_known_when_its_transaction_has_committed() {
        let known = ValidDeviceCache::new(true);
        known.set_epoch(5);
        known.record_valid(5, ACCESS, device(1), &slot());
        assert_eq!(known.valid_since(device(1), &slot(), ACCESS), None);
        known.transaction_ended(false);
        known.record_valid(5, ACCESS, device(2), &slot());
        known.transaction_ended(true);
        assert_eq!(filter_valid(&known, 1..4), [2]);
        assert_eq!(known.valid_since(device(2), &SlotId::parse("soap").unwrap(), ACCESS), None);
    }

    #[test]
    fn a_change_makes_all_of_it_unknown() {
        let known = ValidDeviceCache::new(true);
        commit_valid(&known, 1..3);
        known.invalidate(4);
        assert_eq!(filter_valid(&known, 1..4), [1, 2], "another one");
        known.record_valid(5, ACCESS, device(3), &slot());
        known.invalidate(5);
        known.set_epoch(6);
        known.transaction_ended(true);
        assert_eq!((filter_valid(&known, 1..4), known.epoch()), (vec![], Some(6)), "nor what was found before it");
    }

    #[test]
    fn those_met_longest_ago_are_let_go() {
        let known = ValidDeviceCache { generation_capacity: 4, ..ValidDeviceCache::new(true) };
        commit_valid(&known, 0..6);
        assert_eq!(filter_valid(&known, [1]), [1]);
        commit_valid(&known, 6..8);
        assert_eq!(filter_valid(&known, 0..8), [1, 4, 5, 6, 7]);
    }
}
