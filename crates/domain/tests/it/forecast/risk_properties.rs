//! Properties of the risk, its bound and the next look.

use super::strategies::{KnownSlot, READ_AT, known_slot};
use opendrs_domain::forecast::decision::{DecidingMode, SlotAction, SlotSituation};
use opendrs_domain::forecast::lead_time::{LeadTimePoint, LeadTimes};
use proptest::prelude::*;

/// How far a risk may fall where it should rise. The dispersion grows with the days, and a wider distribution has less
/// weight just above its mean.
fn allowed_fall(slot: &KnownSlot) -> f64 {
    let forecast = slot.context().forecast();
    if forecast.dispersion(7.0) <= 4.0 * forecast.dispersion(1.0) { 0.003 } else { 0.01 }
}

/// The same lead times, one of them longer; still in order.
fn with_longer_lead(lead: &LeadTimes, index: usize, by: f64) -> LeadTimes {
    let mut points: Vec<LeadTimePoint> = lead.points().to_vec();
    let index = index % points.len();
    let next = points.get(index + 1).map_or(f64::INFINITY, |point| point.days - 0.01);
    points[index].days = (points[index].days + by).min(next);
    LeadTimes::from_points(points).unwrap()
}

proptest! {
    #[test]
    fn the_bound_is_never_below_the_risk(slot in known_slot(), age in 0.0..10.0_f64) {
        let score = slot.context().score(READ_AT + age);
        let (risk, bound) = (score.risk(), score.bound());
        prop_assert!((0.0..=1.0).contains(&risk) && (0.0..=1.0).contains(&bound));
        prop_assert!(bound >= risk - 1e-9, "bound {bound}, risk {risk}");
    }

    #[test]
    fn more_stock_is_less_risk(slot in known_slot(), more in 0.0..40.0_f64, is_spare: bool) {
        let mut fuller = slot.clone();
        if is_spare {
            fuller.state.stock.spare += more;
        } else {
            fuller.state.track.level += more;
        }
        let (risk, less) = (slot.risk(READ_AT), fuller.risk(READ_AT));
        prop_assert!(less <= risk + 1e-12, "{less} above {risk}");
    }

    #[test]
    fn more_time_is_more_risk(slot in known_slot(), more in 0.0..8.0_f64, point in 0..12_usize) {
        let (risk, allowed) = (slot.risk(READ_AT), allowed_fall(&slot));
        let mut reviewed = slot.clone();
        reviewed.review += more;
        let mut led = slot.clone();
        led.lead = with_longer_lead(&slot.lead, point, more);
        for later in [slot.risk(READ_AT + more), reviewed.risk(READ_AT), led.risk(READ_AT)] {
            prop_assert!(later >= risk - allowed, "{later} below {risk} by more than {allowed}");
        }
    }

    #[test]
    fn a_reading_above_the_alarm_level_is_below_the_accepted_risk(
        slot in known_slot(), above in 0.0..1.0_f64, accepted in 0.01..0.2_f64
    ) {
        let look = slot.context().next_look(READ_AT, accepted);
        prop_assert!(look.due_at >= READ_AT + 0.25 && look.due_at <= READ_AT + 7.1, "{look:?}");
        let mut read = slot;
        read.state.track.level = look.alarm_level + above * 40.0 + 1e-6;
        let risk = read.risk(READ_AT);
        prop_assert!(risk < accepted, "{risk} above {look:?}");
    }

    #[test]
    fn a_slot_that_may_order_is_not_due_later_than_its_alarm(slot in known_slot(), accepted in 0.01..0.2_f64) {
        let look = slot.context().next_look(READ_AT, accepted);
        if slot.context().score(READ_AT).risk() >= accepted {
            prop_assert!(slot.state.track.level <= look.alarm_level, "{look:?}");
            prop_assert_eq!(look.due_at, READ_AT + 0.25);
        }
    }

    #[test]
    fn a_blocked_slot_waits(slot in known_slot(), blocked in 0..4_u8, awaits_reading: bool) {
        let mode = if blocked == 3 { DecidingMode::Device } else { DecidingMode::Service };
        let situation = SlotSituation {
            has_open_order: blocked == 0,
            is_paused: blocked == 1,
            is_resting: blocked == 2,
            awaits_reading,
        };
        let decision = slot.context().decide(mode, situation, READ_AT, 0.05);
        prop_assert_eq!((decision.action, decision.risk), (SlotAction::Wait, None));
    }

    #[test]
    fn only_the_mode_service_orders(slot in known_slot(), age in 0.0..20.0_f64, accepted in 0.01..0.2_f64) {
        let decide = |mode| slot.context().decide(mode, SlotSituation::default(), READ_AT + age, accepted);
        let (ordering, telling) = (decide(DecidingMode::Service), decide(DecidingMode::Notify));
        prop_assert_ne!(telling.action, SlotAction::Order);
        prop_assert_eq!((ordering.reason, ordering.risk), (telling.reason, telling.risk));
        if ordering.action == SlotAction::Order {
            prop_assert!(ordering.risk.unwrap() >= accepted);
        }
    }
}
