//! What an owner states of a slot themselves: when they replaced its consumable, and how much they have in stock.
//!
//! What it is not: a reading. No order depends on a statement, and no maker gets it. Invariant: of what the owner and the
//! device say of the stock, the later one counts.

use crate::date;
use crate::level::SlotLevel;
use crate::time::Time;

/// The most that an owner can state to have in stock.
pub const MAX_STOCK: u32 = 9999;

/// 2000-01-01, in seconds: the first day on which an owner can have replaced something.
const FIRST_DAY: i64 = 946_684_800;

/// What an owner states of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SlotStatement {
    /// The day on which the owner replaced the consumable.
    pub replaced: Option<Stated<Time>>,
    /// The stock on hand, in the slot's unit.
    pub stock: Option<Stated<u32>>,
}

/// A value, and when its owner stated it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stated<T> {
    /// The value.
    pub value: T,
    /// When it was stated.
    pub at: Time,
}

/// The fields of the form as they were typed; an empty field is `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct StatementForm<'f> {
    /// The day of the replacement.
    pub replaced_on: Option<&'f str>,
    /// The stock on hand.
    pub stock: Option<&'f str>,
}

/// What is wrong with a typed statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The day is no date; what was typed.
    #[error("`{0}` is not a date: write it as 2026-11-23")]
    Date(String),
    /// The day is in the future, or too long ago.
    #[error("choose a day from 2000-01-01 until today")]
    Day,
    /// The stock is no whole number, or too large.
    #[error("write the stock as a whole number from 0 to {max}", max = MAX_STOCK)]
    Stock,
}

/// A form that was read: the day of the replacement, and the stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypedStatement {
    replaced_on: Option<Time>,
    stock: Option<u32>,
}

impl StatementForm<'_> {
    /// Reads the form. `today` is the calendar day of its owner.
    ///
    /// # Errors
    /// [`StatementError`], which states the field that is wrong.
    pub fn parse(&self, today: Time) -> Result<TypedStatement, StatementError> {
        let day = |typed: &str| {
            let day = date::parse_calendar_day(typed);
            let day = day.ok_or_else(|| StatementError::Date(typed.chars().take(20).collect()))?;
            if day >= Time::from_secs(FIRST_DAY) && day <= today { Ok(day) } else { Err(StatementError::Day) }
        };
        let stock = |typed: &str| {
            let stock = typed.trim().parse().ok().filter(|stock| *stock <= MAX_STOCK);
            stock.ok_or(StatementError::Stock)
        };
        Ok(TypedStatement {
            replaced_on: self.replaced_on.map(day).transpose()?,
            stock: self.stock.map(stock).transpose()?,
        })
    }
}

/// How much of a consumable its owner has in stock, and who said so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StockOnHand {
    /// The quantity, in the slot's unit.
    pub amount: f64,
    /// When it was said.
    pub at: Time,
    /// Who said it.
    pub source: StockSource,
}

/// Who says how much is in stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockSource {
    /// The device, in a reading.
    Device,
    /// Its owner.
    Owner,
}

impl SlotStatement {
    /// Whether the owner states nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The statement after its owner sent a form. A value that did not change keeps its time, so that it does not become
    /// newer than a reading that came in between.
    #[must_use]
    pub fn restate(&self, typed: TypedStatement, now: Time) -> Self {
        Self {
            replaced: keep_time(self.replaced, typed.replaced_on, now),
            stock: keep_time(self.stock, typed.stock, now),
        }
    }

    /// The stock that counts: the later of the owner's and of the device's, and the device's if both are of one moment.
    #[must_use]
    pub fn stock_on_hand(&self, level: Option<&SlotLevel>) -> Option<StockOnHand> {
        let reported = level.and_then(SlotLevel::stock_on_hand);
        let reported = reported.map(|(amount, at)| StockOnHand { amount, at, source: StockSource::Device });
        let stated =
            self.stock.map(|Stated { value, at }| StockOnHand { amount: value.into(), at, source: StockSource::Owner });
        match (reported, stated) {
            (Some(reported), Some(stated)) if stated.at > reported.at => Some(stated),
            (reported, stated) => reported.or(stated),
        }
    }
}

fn keep_time<T: PartialEq>(before: Option<Stated<T>>, typed: Option<T>, now: Time) -> Option<Stated<T>> {
    let value = typed?;
    let at = before.filter(|before| before.value == value).map_or(now, |before| before.at);
    Some(Stated { value, at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ReadingId;
    use crate::level::LevelDay;
    use crate::text::SlotId;
    use uuid::Uuid;

    fn time(text: &str) -> Time {
        date::parse(text).unwrap()
    }

    fn read<'f>(replaced_on: Option<&'f str>, stock: Option<&'f str>) -> Result<TypedStatement, StatementError> {
        StatementForm { replaced_on, stock }.parse(time("2018-03-02"))
    }

    #[test]
    fn a_form_has_a_past_day_and_a_whole_number() {
        let typed = read(Some("2018-03-02"), Some(" 9999 ")).unwrap();
        assert_eq!(typed, TypedStatement { replaced_on: Some(time("2018-03-02")), stock: Some(9999) });
        assert_eq!(read(None, Some("0")), Ok(TypedStatement { replaced_on: None, stock: Some(0) }));
        assert!(read(Some("2000-01-01"), None).is_ok());
        for (day, error) in [
            ("soon", StatementError::Date("soon".into())),
            ("2018-02-30", StatementError::Date("2018-02-30".into())),
            ("2018-03-01T07:00:00Z", StatementError::Date("2018-03-01T07:00:00Z".into())),
            ("2018-03-03", StatementError::Day),
            ("1999-12-31", StatementError::Day),
        ] {
            assert_eq!(read(Some(day), None), Err(error), "{day}");
        }
        for stock in ["-1", "1.5", "10000", "two", "99999999999", " "] {
            assert_eq!(read(None, Some(stock)), Err(StatementError::Stock), "{stock}");
        }
    }

    #[test]
    fn a_value_that_did_not_change_keeps_its_time() {
        let (first, later) = (time("2018-03-02T07:00:00Z"), time("2018-03-02T08:00:00Z"));
        let stated = SlotStatement::default().restate(read(Some("2018-03-01"), Some("2")).unwrap(), first);
        assert_eq!(stated.stock, Some(Stated { value: 2, at: first }));
        let again = stated.restate(read(Some("2018-03-02"), Some("2")).unwrap(), later);
        assert_eq!(again.stock, stated.stock);
        assert_eq!(again.replaced, Some(Stated { value: time("2018-03-02"), at: later }));
        assert!(again.restate(read(None, None).unwrap(), later).is_empty());
    }

    #[test]
    fn the_later_word_about_the_stock_counts() {
        let at = |hour: &str| time(&format!("2018-03-02T{hour}:00:00Z"));
        let day = |on_hand, last_at| LevelDay {
            day: 0,
            lowest: 0.0,
            highest: 1.0,
            last_at,
            last_reading: ReadingId(Uuid::nil()),
            remaining: 1.0,
            original: 1.0,
            on_hand,
        };
        let level = |days| SlotLevel { slot: SlotId::parse("s").unwrap(), days };
        let reported = level(vec![day(Some(1.5), at("07"))]);
        let silent = level(vec![day(Some(1.5), at("07")), day(None, at("09"))]);
        let stated = |hour| SlotStatement { stock: Some(Stated { value: 4, at: at(hour) }), replaced: None };
        for (statement, level, amount, source) in [
            (stated("06"), Some(&reported), 1.5, StockSource::Device),
            (stated("07"), Some(&reported), 1.5, StockSource::Device),
            (stated("08"), Some(&reported), 4.0, StockSource::Owner),
            (stated("08"), Some(&silent), 4.0, StockSource::Owner),
            (stated("06"), Some(&silent), 1.5, StockSource::Device),
            (stated("06"), None, 4.0, StockSource::Owner),
            (SlotStatement::default(), Some(&reported), 1.5, StockSource::Device),
        ] {
            let found = statement.stock_on_hand(level).map(|stock| (stock.amount, stock.source));
            assert_eq!(found, Some((amount, source)), "{statement:?} {level:?}");
        }
        assert_eq!(SlotStatement::default().stock_on_hand(Some(&level(vec![day(None, at("07"))]))), None);
    }
}
