//! The order number, by which people name an order in place of its `eventInstanceId`.
//!
//! Twelve characters in three groups, `8K3M-Q7XD-9R2T`, in Crockford's Base32, which has no I, L, O and U. Not here:
//! how an order is found by it. Invariant: the number follows from the order's id alone, so it is never stored and
//! never changes. It leads back to the millisecond in which the id was generated. Two orders of one millisecond share a
//! number once in half a million.

use crate::id::OrderId;
use std::fmt;
use uuid::Uuid;

/// Crockford's Base32.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The number of characters, at five bits each.
const NUMBER_LENGTH: usize = 12;
/// The number of bits from the end of an id, which are random; the others count milliseconds.
const RANDOM_BITS: u32 = 19;
/// 2015-01-01T00:00:00Z in milliseconds: no order is older. The count of milliseconds is unambiguous until 2084.
const EPOCH_MILLIS: u64 = 1_420_070_400_000;
const MILLIS_MASK: u64 = (1 << 41) - 1;
const RANDOM_MASK: u64 = (1 << RANDOM_BITS) - 1;

/// An order number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrderNumber(u64);

impl OrderNumber {
    /// The number of an order.
    #[must_use]
    pub fn from_order_id(id: OrderId) -> Self {
        let (high, low) = id.0.as_u64_pair();
        let millis = (high >> 16).wrapping_sub(EPOCH_MILLIS) & MILLIS_MASK;
        Self(millis << RANDOM_BITS | low & RANDOM_MASK)
    }

    /// Reads a number as people write it: in upper or lower case, with or without dashes, with an O for zero and an I
    /// or L for one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut value = 0;
        let mut length = 0;
        for letter in text.trim().chars().filter(|c| !matches!(c, '-' | ' ')) {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let digit = ALPHABET.iter().position(|known| char::from(*known) == letter)?;
            value = value << 5 | u64::try_from(digit).ok()?;
            length += 1;
            if length > NUMBER_LENGTH {
                return None;
            }
        }
        (length == NUMBER_LENGTH).then_some(Self(value))
    }

    /// The first and the last id that an order with this number may have.
    #[must_use]
    pub fn order_id_range(self) -> (OrderId, OrderId) {
        let millis = (self.0 >> RANDOM_BITS).wrapping_add(EPOCH_MILLIS);
        let id = |rest: u64, low: u64| OrderId(Uuid::from_u64_pair(millis << 16 | rest, low));
        (id(0, 0), id(0xffff, u64::MAX))
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for at in 0..NUMBER_LENGTH {
            if at > 0 && at % 4 == 0 {
                f.write_str("-")?;
            }
            let digit = usize::try_from(self.0 >> (5 * (NUMBER_LENGTH - 1 - at)) & 31).unwrap_or_default();
            write!(f, "{}", char::from(ALPHABET[digit]))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_has_three_groups_of_four_characters() {
        let id = OrderId(Uuid::from_u64_pair((1_519_974_000_000 << 16) | 0x7000, 0x8000_0123_4567_89ab));
        let number = OrderNumber::from_order_id(id);
        assert_eq!(number.to_string(), "1EGN-QYP0-F2DB");
        for text in ["1egnqypof2db", "IEGN-QYPO-F2DB", " lEGN qyp0 f2db "] {
            assert_eq!(OrderNumber::parse(text), Some(number), "{text}");
        }
        for text in ["", "1EGN-QYP0-F2D", "1EGN-QYP0-F2DBX", "1EGN-QYP0-F2DU", "1EGN-QYP0-F2D漢"] {
            assert_eq!(OrderNumber::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_number_leads_back_to_its_order(millis in EPOCH_MILLIS..EPOCH_MILLIS + MILLIS_MASK, rest in any::<u16>(), low in any::<u64>()) {
            let id = OrderId(Uuid::from_u64_pair(millis << 16 | u64::from(rest), low));
            let number = OrderNumber::from_order_id(id);
            prop_assert_eq!(OrderNumber::parse(&number.to_string()), Some(number));
            let (first, last) = number.order_id_range();
            prop_assert!(first <= id && id <= last);
        }
    }
}
