//! A customer's consent to a security profile, and its withdrawal.
//!
//! Not here: the devices that end with it, and the claims of tokens ([`crate::token`]). Invariant: what was issued
//! before a withdrawal is never accepted again, independent of later grants and of clocks, and without a list of what
//! was issued. A withdrawal gives the consent another [`ConsentGeneration`], which every token family created from then
//! on carries.

use crate::device::RevokedFamilies;
use crate::login::scope::Scopes;
use crate::time::Time;

/// The generation of a withdrawn consent, in the upper half of its family numbers. Before the first withdrawal a family
/// number has no such meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentGeneration(u32);

impl ConsentGeneration {
    /// The generation that a withdrawal begins, from random bytes. It differs from the one before.
    #[must_use]
    pub fn next(before: Option<ConsentGeneration>, random: [u8; 4]) -> Self {
        let mark = ConsentGeneration(u32::from_be_bytes(random));
        if before == Some(mark) { ConsentGeneration(mark.0.wrapping_add(1)) } else { mark }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(number: i64) -> Self {
        // The store holds 64 bits, of which only these are ever written.
        let [_, _, _, _, mark @ ..] = number.to_be_bytes();
        ConsentGeneration(u32::from_be_bytes(mark))
    }

    /// The stored form.
    #[must_use]
    pub fn to_stored(self) -> i64 {
        i64::from(self.0)
    }
}

/// A customer's consent to a security profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// All scopes granted so far; empty after a withdrawal.
    pub scopes: Scopes,
    /// Token families that were revoked one by one.
    pub revoked_families: RevokedFamilies,
    /// The generation since its last withdrawal.
    pub generation: Option<ConsentGeneration>,
    /// When it was withdrawn, while devices that end with it remain.
    pub withdrawal_pending_since: Option<Time>,
}

impl Consent {
    /// Whether any scope is granted.
    #[must_use]
    pub fn is_granted(&self) -> bool {
        self.scopes.bits() != 0
    }

    /// Whether a token of this family may use these scopes.
    #[must_use]
    pub fn accepts_token(&self, family: u64, scopes: Scopes) -> bool {
        let borne = self.generation.is_none_or(|mark| family >> 32 == u64::from(mark.0));
        self.is_granted() && borne && self.scopes.contains_all(scopes) && !self.revoked_families.0.contains(&family)
    }
}

/// The number of a new family under a consent of this generation.
#[must_use]
pub fn new_token_family(mark: Option<ConsentGeneration>, random: [u8; 8]) -> u64 {
    let number = u64::from_be_bytes(random);
    mark.map_or(number, |mark| u64::from(mark.0) << 32 | number & u64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample_consent(bits: u8, mark: Option<ConsentGeneration>) -> Consent {
        Consent {
            scopes: Scopes::from_bits(bits),
            revoked_families: RevokedFamilies(vec![7]),
            generation: mark,
            withdrawal_pending_since: None,
        }
    }

    #[test]
    fn a_consent_opens_what_was_granted_and_nothing_when_it_is_withdrawn() {
        let [profile, both] = [2, 3].map(Scopes::from_bits);
        assert!(sample_consent(2, None).accepts_token(1, profile) && !sample_consent(2, None).accepts_token(1, both));
        assert!(!sample_consent(2, None).accepts_token(7, profile), "revoked by itself");
        assert!(
            !sample_consent(0, None).accepts_token(1, profile)
                && !sample_consent(0, None).accepts_token(1, Scopes::from_bits(0))
        );
    }

    proptest! {
        #[test]
        fn what_was_before_a_withdrawal_stays_dead(earlier: [u8; 8], later: [u8; 8], first: [u8; 4], second: [u8; 4]) {
            let scopes = Scopes::from_bits(1);
            let one = ConsentGeneration::next(None, first);
            let two = ConsentGeneration::next(Some(one), second);
            let [old, new] = [(one, earlier), (two, later)].map(|(mark, random)| new_token_family(Some(mark), random));
            prop_assume!(![old, new].contains(&7));
            prop_assert!(sample_consent(1, Some(one)).accepts_token(old, scopes));
            prop_assert!(sample_consent(1, Some(two)).accepts_token(new, scopes));
            prop_assert!(!sample_consent(1, Some(two)).accepts_token(old, scopes));
            prop_assert_eq!(ConsentGeneration::from_stored(two.to_stored()), two);
        }

        #[test]
        fn without_a_withdrawal_a_family_is_as_random_as_it_can_be(random: [u8; 8]) {
            prop_assert_eq!(new_token_family(None, random), u64::from_be_bytes(random));
        }
    }
}
