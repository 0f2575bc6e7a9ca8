//! A customer's consent to a security profile, and its withdrawal.
//!
//! Not here: the devices that end with it, and what tokens say ([`crate::token`]). Invariant: whatever was issued before
//! a withdrawal stays dead, whatever is granted after it and whatever clocks say, without a list of what was issued: a
//! withdrawal gives the consent another [`Mark`], which every family that is made from then on bears.

use crate::device::Families;
use crate::login::scope::Scopes;
use crate::time::Time;

/// What the families of a consent bear, in the upper half of their numbers, once it was withdrawn. Before that a family is
/// a number without a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(u32);

impl Mark {
    /// The mark of a withdrawal, of random bytes; another one than before.
    #[must_use]
    pub fn after(before: Option<Mark>, random: [u8; 4]) -> Self {
        let mark = Mark(u32::from_be_bytes(random));
        if before == Some(mark) { Mark(mark.0.wrapping_add(1)) } else { mark }
    }

    /// From the store.
    #[must_use]
    pub fn stored(number: i64) -> Self {
        // The store holds 64 bits, of which these are all that were ever put there.
        let [_, _, _, _, mark @ ..] = number.to_be_bytes();
        Mark(u32::from_be_bytes(mark))
    }

    /// As stored.
    #[must_use]
    pub fn as_stored(self) -> i64 {
        i64::from(self.0)
    }
}

/// A consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Everything granted so far; nothing after it was withdrawn.
    pub scopes: Scopes,
    /// Token families that were revoked one by one.
    pub revoked: Families,
    /// The mark of its last withdrawal.
    pub mark: Option<Mark>,
    /// Since when it is withdrawn, as long as devices are left that end with it.
    pub ending_at: Option<Time>,
}

impl Consent {
    /// Whether anything is granted.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.scopes.bits() != 0
    }

    /// Whether a token of this family opens these scopes.
    #[must_use]
    pub fn accepts(&self, family: u64, scopes: Scopes) -> bool {
        let borne = self.mark.is_none_or(|mark| family >> 32 == u64::from(mark.0));
        self.stands() && borne && self.scopes.covers(scopes) && !self.revoked.0.contains(&family)
    }
}

/// The number of a new family under a consent of this mark.
#[must_use]
pub fn family(mark: Option<Mark>, random: [u8; 8]) -> u64 {
    let number = u64::from_be_bytes(random);
    mark.map_or(number, |mark| u64::from(mark.0) << 32 | number & u64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn consent(bits: u8, mark: Option<Mark>) -> Consent {
        Consent { scopes: Scopes::from_bits(bits), revoked: Families(vec![7]), mark, ending_at: None }
    }

    #[test]
    fn a_consent_opens_what_was_granted_and_nothing_when_it_is_withdrawn() {
        let [profile, both] = [2, 3].map(Scopes::from_bits);
        assert!(consent(2, None).accepts(1, profile) && !consent(2, None).accepts(1, both));
        assert!(!consent(2, None).accepts(7, profile), "revoked by itself");
        assert!(!consent(0, None).accepts(1, profile) && !consent(0, None).accepts(1, Scopes::from_bits(0)));
    }

    proptest! {
        #[test]
        fn what_was_before_a_withdrawal_stays_dead(earlier: [u8; 8], later: [u8; 8], first: [u8; 4], second: [u8; 4]) {
            let scopes = Scopes::from_bits(1);
            let one = Mark::after(None, first);
            let two = Mark::after(Some(one), second);
            let [old, new] = [(one, earlier), (two, later)].map(|(mark, random)| family(Some(mark), random));
            prop_assume!(![old, new].contains(&7));
            prop_assert!(consent(1, Some(one)).accepts(old, scopes));
            prop_assert!(consent(1, Some(two)).accepts(new, scopes));
            prop_assert!(!consent(1, Some(two)).accepts(old, scopes));
            prop_assert_eq!(Mark::stored(two.as_stored()), two);
        }

        #[test]
        fn without_a_withdrawal_a_family_is_as_random_as_it_can_be(random: [u8; 8]) {
            prop_assert_eq!(family(None, random), u64::from_be_bytes(random));
        }
    }
}
