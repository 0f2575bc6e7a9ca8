//! A household that uses up a slot: days of true use in, parcels out.
//!
//! What it is: one slot with its readings, deliveries and a shelf, and the forecast that orders for it. What it is not:
//! where the true use comes from. Invariant: the forecast sees readings and deliveries only, never the true use.

use super::random::Draws;
use opendrs_domain::forecast::decision::{DecidingMode, SlotAction, SlotSituation};
use opendrs_domain::forecast::lead_time::LeadTimes;
use opendrs_domain::forecast::prior::{DemandPrior, FleetSlot};
use opendrs_domain::forecast::reading::SlotReading;
use opendrs_domain::forecast::risk::RiskContext;
use opendrs_domain::forecast::sensor::Sensor;
use opendrs_domain::forecast::state::SlotState;
use std::ops::{AddAssign, Range};

/// How a device measures and reports.
#[derive(Clone, Copy, PartialEq)]
pub enum ReportStyle {
    /// Whole units, once a day.
    Exact,
    /// A level with noise of 1.5 % of the capacity.
    Noisy,
    /// Quarters, rounded up.
    QuartersUp,
    /// Quarters, rounded to the nearest.
    QuartersNear,
    /// Whole units with false readings, gaps, early top-ups and another pack.
    Dirty,
    /// Whole units, on 3 of 10 days.
    Irregular,
}

/// A slot and its true use.
pub struct SimulatedSlot {
    /// The true use of each day, in units.
    pub usage: Vec<f64>,
    /// The capacity, in units.
    pub capacity: f64,
    /// How the device reports.
    pub style: ReportStyle,
    /// The days whose parcels are counted.
    pub counted: Range<usize>,
}

/// Parcels, and how they came.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParcelCount {
    /// Parcels that were delivered.
    pub parcels: u32,
    /// Those that came after the slot ran out.
    pub late: u32,
    /// The stock when each came, in days of use, summed up.
    pub cover_days: f64,
}

impl AddAssign for ParcelCount {
    fn add_assign(&mut self, other: Self) {
        self.parcels += other.parcels;
        self.late += other.late;
        self.cover_days += other.cover_days;
    }
}

impl ParcelCount {
    /// Late parcels in 100.
    pub fn late_percent(&self) -> f64 {
        100.0 * f64::from(self.late) / f64::from(self.parcels.max(1))
    }

    /// The mean stock when a parcel came, in days of use.
    pub fn mean_cover(&self) -> f64 {
        self.cover_days / f64::from(self.parcels.max(1))
    }
}

/// The days of use at the beginning whose parcels do not count.
pub const WARM_UP: usize = 30;
const QUARTER: f64 = 0.25;

impl SimulatedSlot {
    /// The sensor of the slot.
    pub fn sensor(&self) -> Sensor {
        match self.style {
            ReportStyle::Noisy => Sensor::Level,
            ReportStyle::QuartersUp | ReportStyle::QuartersNear => Sensor::Coarse { step: QUARTER * self.capacity },
            ReportStyle::Exact | ReportStyle::Dirty | ReportStyle::Irregular => Sensor::Counted,
        }
    }

    /// What the slot adds to a fleet's prior: its readings, with a refill whenever it is empty.
    pub fn observe(&self, prior: &DemandPrior, draws: &mut Draws) -> Option<FleetSlot> {
        let mut house = House::new(self);
        for (day, usage) in self.usage.iter().enumerate() {
            house.level -= usage;
            if house.level <= 0.0 {
                house.level = house.capacity;
            }
            house.report(day, prior, draws);
        }
        Some(house.state.belief.fleet_slot()).filter(FleetSlot::is_known_enough)
    }

    /// Plays all days with the forecast as the one who orders.
    pub fn play(&self, prior: &DemandPrior, lead: &LeadTimes, accepted: f64, draws: &mut Draws) -> ParcelCount {
        let mut house = House::new(self);
        let rate = self.usage.iter().sum::<f64>() / self.usage.len() as f64;
        let (mut count, mut arrives) = (ParcelCount::default(), None);
        for (day, usage) in self.usage.iter().enumerate() {
            house.use_up(*usage);
            if arrives.is_some_and(|arrival| day >= arrival) {
                arrives = None;
                if self.counted.contains(&day) {
                    let cover_days = (house.level + house.shelf) / rate;
                    count += ParcelCount { parcels: 1, late: u32::from(house.was_empty), cover_days };
                }
                house.receive();
            }
            house.load(draws);
            house.report(day, prior, draws);
            let (state, sensor) = (&house.state, house.sensor());
            let context = RiskContext { state, prior, sensor, lead, review: 1.0 };
            let situation = SlotSituation { has_open_order: arrives.is_some(), ..SlotSituation::default() };
            let decision = context.decide(DecidingMode::Service, situation, day as f64 + 1.0, accepted);
            if decision.action == SlotAction::Order {
                arrives = Some(day + draw_lead(lead, draws));
            }
        }
        count
    }
}

/// A lead time in whole days.
fn draw_lead(lead: &LeadTimes, draws: &mut Draws) -> usize {
    lead.quantile(draws.uniform()) as usize
}

/// The house on one day.
struct House<'s> {
    slot: &'s SimulatedSlot,
    state: SlotState,
    capacity: f64,
    level: f64,
    shelf: f64,
    was_empty: bool,
    has_other_pack: bool,
    gap_until: usize,
}

impl<'s> House<'s> {
    fn new(slot: &'s SimulatedSlot) -> Self {
        Self {
            slot,
            state: SlotState::default(),
            capacity: slot.capacity,
            level: slot.capacity,
            shelf: 0.0,
            was_empty: false,
            has_other_pack: false,
            gap_until: 0,
        }
    }

    fn sensor(&self) -> Sensor {
        self.slot.sensor()
    }

    fn is_empty(&self) -> bool {
        self.level <= 1e-12
    }

    fn use_up(&mut self, usage: f64) {
        self.level = (self.level - usage).max(0.0);
        self.was_empty |= self.is_empty() && self.shelf <= 1e-9;
    }

    fn receive(&mut self) {
        self.shelf += self.capacity;
        self.state.stock.deliver(self.capacity);
        self.was_empty = false;
    }

    /// The customer loads what is on the shelf when the slot is empty, and in a dirty world sometimes earlier.
    fn load(&mut self, draws: &mut Draws) {
        let is_dirty = self.slot.style == ReportStyle::Dirty;
        let is_early = is_dirty && self.level < 0.3 * self.capacity && draws.chance(0.3);
        if self.shelf <= 1e-9 || !(self.is_empty() || is_early) {
            return;
        }
        let takes_other = is_dirty && self.is_empty() && !self.has_other_pack && draws.chance(0.15);
        if takes_other && self.shelf >= self.capacity - 1e-9 {
            self.capacity = (1.5 * self.capacity).round();
            self.shelf = self.capacity;
            self.has_other_pack = true;
        }
        let loaded = self.shelf.min(self.capacity - self.level);
        self.level += loaded;
        self.shelf -= loaded;
    }

    /// The reading of a day, at its end, if there is one.
    fn report(&mut self, day: usize, prior: &DemandPrior, draws: &mut Draws) {
        if let Some(remaining) = self.shown(day, draws) {
            let reading = SlotReading { at: day as f64 + 1.0, remaining, original: self.capacity, on_hand: None };
            let sensor = self.sensor();
            self.state.take(&reading, prior, sensor);
        }
    }

    /// What the device shows.
    fn shown(&mut self, day: usize, draws: &mut Draws) -> Option<f64> {
        let step = QUARTER * self.capacity;
        match self.slot.style {
            ReportStyle::Exact => Some(self.level),
            ReportStyle::Noisy => {
                Some((self.level + 0.015 * self.capacity * draws.normal()).clamp(0.0, 1.05 * self.capacity))
            }
            ReportStyle::QuartersUp => Some((self.level / step - 1e-9).ceil() * step),
            ReportStyle::QuartersNear => Some((self.level / step + 0.5).floor() * step),
            ReportStyle::Irregular => draws.chance(0.3).then_some(self.level),
            ReportStyle::Dirty => self.shown_dirty(day, draws),
        }
    }

    fn shown_dirty(&mut self, day: usize, draws: &mut Draws) -> Option<f64> {
        let fault = draws.uniform();
        if day < self.gap_until {
            None
        } else if fault < 0.01 {
            self.gap_until = day + 3 + draws.below(6);
            None
        } else if fault > 0.99 {
            Some(if draws.chance(0.5) { 0.0 } else { self.capacity })
        } else if fault > 0.985 {
            Some((self.level + 1.0).min(self.capacity))
        } else {
            Some(self.level)
        }
    }
}
