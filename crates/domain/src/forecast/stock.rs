//! Stock in the house: packs that were delivered and are not loaded.
//!
//! What it is: a ledger of packs for devices that do not count them (docs/spec/forecast.md#forecast-stock). What it is
//! not: the level of the slot. Invariant: the stock is never negative. It counts packs and not units, because the use
//! that a refill hides would add up to an error.

use super::reading::{MOST_AMOUNT, ReadingKind};
use super::state::HouseStock;

/// What the stock must know of a reading after the slot took it.
#[derive(Clone, Copy, Debug)]
pub(super) struct StockInput {
    /// What the reading was.
    pub kind: ReadingKind,
    /// When it arrived, in days.
    pub at: f64,
    /// The time since the reading before it, in days.
    pub days: f64,
    /// The clean level before it, in units.
    pub level_before: f64,
    /// The clean level after it, in units.
    pub level: f64,
    /// The capacity, in units.
    pub full: f64,
    /// The expected use a day, in units.
    pub rate: f64,
    /// How little may be left in a slot that reads empty, in units.
    pub slack: f64,
    /// What the device counts in the house, in units.
    pub on_hand: Option<f64>,
}

/// The share of a pack that a refill may lack and still count as a whole one.
const MISSING_SHARE: f64 = 0.3;

impl HouseStock {
    /// A pack arrives. `quantity` is its content, in the slot's unit. A quantity that is not positive, or larger than
    /// the largest amount of a reading, is ignored.
    pub fn deliver(&mut self, quantity: f64) {
        if quantity > 0.0 && quantity <= MOST_AMOUNT {
            self.pack = quantity;
            self.spare += quantity;
        }
    }

    /// Follows a reading that the slot took.
    pub(super) fn follow(&mut self, input: &StockInput) {
        match input.kind {
            ReadingKind::Ignored => return,
            ReadingKind::Refill | ReadingKind::OtherCapacity if self.pack > 0.0 => self.load(input),
            ReadingKind::RefillUndone => {
                self.spare += self.last_cut;
                self.last_cut = 0.0;
            }
            _ => self.last_cut = 0.0,
        }
        self.check_empty(input);
        if let Some(on_hand) = input.on_hand.filter(|amount| (0.0..=MOST_AMOUNT).contains(amount)) {
            *self = Self { spare: on_hand, pack: self.pack, ..Self::default() };
        }
    }

    /// A refill takes whole packs. What was used before it on the same day counts, up to a quarter of a pack.
    fn load(&mut self, input: &StockInput) {
        let rise = (input.level - input.level_before).max(0.0);
        self.topup += rise + (input.rate * input.days).min(0.25 * self.pack);
        let mut packs = (self.topup / self.pack + MISSING_SHARE).floor();
        let is_loaded_early = packs < 1.0
            && self.spare >= 0.5 * self.pack
            && rise >= 0.15 * input.full
            && input.level >= 0.6 * input.full;
        if is_loaded_early {
            packs = 1.0;
            self.topup = self.pack;
        }
        self.last_cut = 0.0;
        if packs >= 1.0 {
            let before = self.spare;
            self.spare = (before - packs * self.pack).max(0.0);
            self.last_cut = before - self.spare;
            self.topup = (self.topup - packs * self.pack).clamp(0.0, 0.5 * self.pack);
        }
    }

    /// A slot that stays empty has no stock behind it.
    fn check_empty(&mut self, input: &StockInput) {
        if input.level > 0.0 || self.spare <= 0.0 {
            self.empty_since = None;
            return;
        }
        let since = *self.empty_since.get_or_insert(input.at);
        if input.at - since >= 1.0 + input.slack / input.rate {
            self.spare = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(kind: ReadingKind, level_before: f64, level: f64) -> StockInput {
        let (full, rate, slack) = (40.0, 2.0, 0.5);
        StockInput { kind, at: 9.0, days: 1.0, level_before, level, full, rate, slack, on_hand: None }
    }

    #[test]
    fn a_quantity_that_no_pack_has_is_ignored() {
        let mut stock = HouseStock::default();
        for quantity in [0.0, -1.0, f64::NAN, f64::INFINITY, 2.5e299] {
            stock.deliver(quantity);
        }
        assert_eq!(stock, HouseStock::default());
    }

    #[test]
    fn what_the_device_counts_is_the_truth() {
        let mut stock = HouseStock::default();
        stock.deliver(40.0);
        stock.follow(&StockInput { on_hand: Some(7.0), ..input(ReadingKind::Refill, 0.0, 39.0) });
        assert_eq!((stock.spare, stock.pack, stock.topup, stock.last_cut), (7.0, 40.0, 0.0, 0.0));
        // A refill that is undone gives nothing back, because the device counted.
        stock.follow(&input(ReadingKind::RefillUndone, 39.0, 0.5));
        assert_eq!(stock.spare, 7.0);
    }

    #[test]
    fn small_refills_add_up_to_a_pack() {
        let mut stock = HouseStock::default();
        stock.deliver(40.0);
        let spares = [10.0, 20.0, 30.0].map(|level| {
            stock.follow(&input(ReadingKind::Refill, level - 9.0, level));
            stock.spare
        });
        assert_eq!(spares, [40.0, 40.0, 0.0]);
    }
}
