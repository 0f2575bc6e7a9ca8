//! Refresh rotation: each use of a refresh token gives a new one (docs/spec/login.md#refresh-rotation).
//!
//! What it is: the rotation state of each token family, and the outcome of a presented token. What it is not: how
//! tokens are made and revoked, or a rule for clients in `lwa` mode. Invariant: of two uses of one token, one rotates
//! it. A token is identified by its time of issue, which rises with every rotation even if the clock does not advance.
//! So neither tokens nor their hashes are stored.
//!
//! A device may lose power before it receives its new token. So the previous token stays valid for a minute after its
//! first use and returns the new one again, unless the new one was used. After that, a use of the old one means that a
//! token was stolen. Whether the thief or the owner presents it is unknown.

use crate::time::{Span, Time};
use crate::token::Claims;

/// How long a token may be used again after its first use.
pub const REUSE_GRACE: Span = Span::from_secs(60);

/// The most families with a rotation state in one registration, or in one customer's consent.
pub const MAX_FAMILIES: usize = 32;

/// The rotation state of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FamilyRotation {
    number: u64,
    /// When its current token was issued.
    current: Time,
    /// When the previous token was issued.
    previous: Time,
    /// When the previous token was first used.
    rotated_at: Time,
}

/// The rotation states of all families that rotated at least once.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RotationState {
    /// The time of the last token of families that younger ones evicted.
    evicted_until: Option<Time>,
    families: Vec<FamilyRotation>,
}

/// The outcome of a presented token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationOutcome {
    /// First use: a new token takes its place, issued at this time.
    Rotated(Time),
    /// It was used a moment ago: its successor, issued at this time, is returned again.
    Repeated(Time),
    /// It was used before: it was stolen, and its family ends.
    ReuseDetected,
    /// So many other families were used later that its state is no longer known.
    Evicted,
    /// It is valid but too old.
    Expired,
}

/// The lifetime of refresh tokens of strict clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshTokenLifetime {
    /// How long a token may be unused; zero for no limit.
    pub idle: Span,
    /// How long all tokens of one code last, independent of their use; zero for no limit.
    pub absolute: Span,
}

impl RefreshTokenLifetime {
    /// When the token's family expires: as the token states. The first token of a family has no statement, so its
    /// lifetime is counted from its time of issue.
    #[must_use]
    pub fn expiry_of(self, token: &Claims) -> Option<Time> {
        let counted = || (self.absolute > Span::from_secs(0)).then(|| token.issued_at + self.absolute);
        token.expires_at.or_else(counted)
    }

    /// Whether a token is too old.
    #[must_use]
    pub fn is_expired(self, token: &Claims, now: Time) -> bool {
        let idle = self.idle > Span::from_secs(0) && now >= token.issued_at + self.idle;
        idle || self.expiry_of(token).is_some_and(|end| now >= end)
    }
}

const MIN_ISSUE_STEP: Span = Span::from_micros(1);

impl RotationState {
    /// Presents a token that is not revoked; `over` is whether it is too old. Reuse of a replaced token counts as theft
    /// at any age.
    pub fn use_token(&mut self, number: u64, issued_at: Time, over: bool, now: Time) -> RotationOutcome {
        let next = |after: Time| now.max(after + MIN_ISSUE_STEP);
        let Some(at) = self.families.iter().position(|family| family.number == number) else {
            if self.evicted_until.is_some_and(|floor| issued_at <= floor) {
                return RotationOutcome::Evicted;
            }
            if over {
                return RotationOutcome::Expired;
            }
            let current = next(issued_at);
            self.evict_oldest();
            self.families.push(FamilyRotation { number, current, previous: issued_at, rotated_at: now });
            return RotationOutcome::Rotated(current);
        };
        let family = &mut self.families[at];
        let again = issued_at == family.previous && now <= family.rotated_at + REUSE_GRACE;
        if over && (again || issued_at == family.current) {
            RotationOutcome::Expired
        } else if issued_at == family.current {
            let current = next(issued_at);
            *family = FamilyRotation { number, current, previous: issued_at, rotated_at: now };
            RotationOutcome::Rotated(current)
        } else if again {
            RotationOutcome::Repeated(family.current)
        } else {
            self.families.remove(at);
            RotationOutcome::ReuseDetected
        }
    }

    /// Evicts the family that was used longest ago.
    fn evict_oldest(&mut self) {
        if self.families.len() < MAX_FAMILIES {
            return;
        }
        let oldest = self.families.iter().enumerate().min_by_key(|(_, family)| family.current).map(|(at, _)| at);
        if let Some(oldest) = oldest.map(|at| self.families.remove(at)) {
            self.evicted_until = self.evicted_until.max(Some(oldest.current));
        }
    }

    /// Reads the stored form: the eviction time, or `-`, and four numbers for each family. An empty text means that no
    /// family has rotated.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let time = |word: &str| word.parse().ok().map(Time::from_micros);
        let mut words = text.split_ascii_whitespace();
        let floor = match words.next() {
            None => return Some(Self::default()),
            Some("-") => None,
            Some(word) => Some(time(word)?),
        };
        let family = |word: &str| {
            let [number, current, previous, turned_at] =
                <[&str; 4]>::try_from(word.split(':').collect::<Vec<_>>()).ok()?;
            let number = u64::from_str_radix(number, 16).ok()?;
            Some(FamilyRotation {
                number,
                current: time(current)?,
                previous: time(previous)?,
                rotated_at: time(turned_at)?,
            })
        };
        Some(Self { evicted_until: floor, families: words.map(family).collect::<Option<_>>()? })
    }
}

impl std::fmt::Display for RotationState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Self::default() {
            return Ok(());
        }
        match self.evicted_until {
            None => f.write_str("-")?,
            Some(floor) => write!(f, "{}", floor.as_micros())?,
        }
        for FamilyRotation { number, current, previous, rotated_at: turned_at } in &self.families {
            write!(f, " {number:x}:{}:{}:{}", current.as_micros(), previous.as_micros(), turned_at.as_micros())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(secs: i64) -> Time {
        Time::from_secs(secs)
    }

    #[test]
    fn a_token_turns_once_and_is_given_again_for_a_minute() {
        let mut turns = RotationState::default();
        assert_eq!(turns.use_token(7, at(1), false, at(100)), RotationOutcome::Rotated(at(100)));
        for secs in [100, 130, 160] {
            assert_eq!(turns.use_token(7, at(1), false, at(secs)), RotationOutcome::Repeated(at(100)), "{secs}");
        }
        assert_eq!(turns.use_token(7, at(100), false, at(161)), RotationOutcome::Rotated(at(161)));
        assert_eq!(turns.use_token(7, at(100), false, at(162)), RotationOutcome::Repeated(at(161)));
    }

    #[test]
    fn whoever_comes_with_an_old_one_stole_it() {
        for (second, late) in [(None, at(161)), (Some(at(110)), at(111))] {
            let mut turns = RotationState::default();
            turns.use_token(7, at(1), false, at(100));
            turns.use_token(8, at(1), false, at(100));
            if let Some(now) = second {
                assert_eq!(
                    turns.use_token(7, at(100), false, now),
                    RotationOutcome::Rotated(now),
                    "the new one is used"
                );
            }
            assert_eq!(turns.use_token(7, at(1), false, late), RotationOutcome::ReuseDetected);
            assert_eq!(
                turns.use_token(8, at(100), false, late),
                RotationOutcome::Rotated(late),
                "another family goes on"
            );
        }
        let mut turns = RotationState::default();
        turns.use_token(7, at(1), false, at(100));
        assert_eq!(turns.use_token(7, at(50), false, at(101)), RotationOutcome::ReuseDetected, "never issued");
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_turns_all_the_same() {
        let (mut turns, mut token) = (RotationState::default(), at(100));
        for now in [100, 100, 100, 40, 40] {
            let RotationOutcome::Rotated(next) = turns.use_token(7, token, false, at(now)) else { panic!("{now}") };
            assert!(next > token);
            assert_eq!(turns.use_token(7, token, false, at(now)), RotationOutcome::Repeated(next));
            token = next;
        }
    }

    #[test]
    fn the_family_used_longest_ago_makes_room_and_is_dead_for_good() {
        let mut turns = RotationState::default();
        let many = i64::try_from(MAX_FAMILIES).unwrap();
        for n in 0..=many {
            assert_eq!(
                turns.use_token(n.cast_unsigned(), at(10), false, at(100 + n)),
                RotationOutcome::Rotated(at(100 + n))
            );
        }
        assert_eq!(turns.families.len(), MAX_FAMILIES);
        for issued in [10, 100] {
            assert_eq!(turns.use_token(0, at(issued), false, at(200)), RotationOutcome::Evicted, "{issued}");
        }
        assert_eq!(turns.use_token(1, at(101), false, at(200)), RotationOutcome::Rotated(at(200)));
        assert_eq!(turns.use_token(99, at(201), false, at(202)), RotationOutcome::Rotated(at(202)), "a new one");
    }

    #[test]
    fn one_that_is_too_old_changes_nothing_unless_it_was_stolen() {
        let mut turns = RotationState::default();
        assert_eq!(turns.use_token(7, at(1), true, at(100)), RotationOutcome::Expired, "never used");
        assert_eq!(turns, RotationState::default());
        turns.use_token(7, at(1), false, at(100));
        let before = turns.clone();
        for (issued, now) in [(100, 101), (1, 160)] {
            assert_eq!(turns.use_token(7, at(issued), true, at(now)), RotationOutcome::Expired, "{issued}");
            assert_eq!(turns, before);
        }
        assert_eq!(turns.use_token(7, at(1), true, at(161)), RotationOutcome::ReuseDetected, "replaced, and too old");
    }

    #[test]
    fn tokens_end_unused_and_with_their_family() {
        let lifetime = RefreshTokenLifetime { idle: Span::from_secs(90), absolute: Span::from_secs(400) };
        let token = |issued, end: Option<i64>| Claims {
            token_type: crate::token::TokenType::Refresh,
            device: None,
            customer: crate::id::CustomerId(uuid::Uuid::nil()),
            client: crate::id::ClientId(uuid::Uuid::nil()),
            family: 7,
            scopes: crate::login::scope::Scopes::ALL,
            issued_at: at(issued),
            expires_at: end.map(at),
            generations: crate::token::TokenGenerations::default(),
        };
        assert_eq!(lifetime.expiry_of(&token(10, None)), Some(at(410)));
        for (issued, end, last) in [(10, Some(410), 99), (350, Some(410), 409), (10, None, 99), (350, None, 439)] {
            assert!(!lifetime.is_expired(&token(issued, end), at(last)), "{issued} {end:?}");
            assert!(lifetime.is_expired(&token(issued, end), at(last + 1)), "{issued} {end:?}");
        }
        let never = RefreshTokenLifetime { idle: Span::from_secs(0), absolute: Span::from_secs(0) };
        assert_eq!(never.expiry_of(&token(10, None)), None);
        assert!(!never.is_expired(&token(10, None), at(i64::from(i32::MAX))));
        assert!(never.is_expired(&token(10, Some(410)), at(410)), "as it was issued");
    }

    #[test]
    fn what_is_no_list_of_turns_is_not_read() {
        for text in ["x", "- 7", "- 7:1:2", "- 7:1:2:3:4", "- g:1:2:3", "- 7:1:2:x", "1.5"] {
            assert_eq!(RotationState::parse(text), None, "{text}");
        }
    }

    proptest! {
        /// In any sequence of uses, a token rotates at most once, and the stored form reads back.
        #[test]
        fn no_token_turns_twice(uses in prop::collection::vec((0_u64..4, 0_usize..6, 0_i64..100), 1..60)) {
            let (mut turns, mut now) = (RotationState::default(), 100);
            let mut issued = vec![vec![at(1)]; 4];
            let mut first = Vec::new();
            for (family, token, later) in uses {
                now += later;
                let own = &mut issued[usize::try_from(family).unwrap()];
                let token = own[own.len().saturating_sub(1 + token)];
                match turns.use_token(family, token, false, at(now)) {
                    RotationOutcome::Rotated(next) => {
                        prop_assert!(!first.contains(&(family, token)));
                        first.push((family, token));
                        own.push(next);
                    }
                    RotationOutcome::Repeated(next) => prop_assert_eq!(Some(&next), own.last()),
                    // The caller ends the family; here a new one takes its number.
                    RotationOutcome::ReuseDetected => {
                        first.retain(|(other, _)| *other != family);
                        *own = vec![at(now)];
                    }
                    RotationOutcome::Evicted | RotationOutcome::Expired => prop_assert!(false),
                }
                prop_assert_eq!(RotationState::parse(&turns.to_string()), Some(turns.clone()));
            }
        }
    }
}
