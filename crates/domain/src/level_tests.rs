use super::*;
use crate::id::DeviceId;
use proptest::prelude::*;
use uuid::Uuid;

fn reading(device: u128, slot: &str, id: u128, at: i64, remaining: f64) -> LevelReading {
    LevelReading {
        device: DeviceRef { shard: 0, id: DeviceId(Uuid::from_u128(device)) },
        slot: SlotId::parse(slot).unwrap(),
        id: ReadingId(Uuid::from_u128(id)),
        at: Time::from_secs(at * 3600),
        remaining,
        original: 40.0,
        on_hand: Some(remaining + 1.0),
    }
}

#[test]
fn readings_are_folded_by_device_slot_and_day() {
    let readings = [
        reading(1, "a", 1, 23, 8.0),
        reading(1, "a", 2, 1, 9.0),
        reading(1, "a", 3, 5, 3.0),
        reading(1, "a", 4, 24, 7.0),
        reading(1, "b", 5, 2, 1.0),
        reading(2, "a", 6, -1, 2.0),
    ];
    let short = |d: &SlotDay| {
        let LevelDay { day, lowest, highest, remaining, on_hand, .. } = d.level;
        (d.device.id.0.as_u128(), d.slot.to_string(), day, lowest, highest, remaining, on_hand)
    };
    let found: Vec<_> = fold_by_day(&readings).iter().map(short).collect();
    assert_eq!(
        found,
        [
            (1, "a".into(), 0, 3.0, 9.0, 8.0, Some(9.0)),
            (1, "a".into(), 1, 7.0, 7.0, 7.0, Some(8.0)),
            (1, "b".into(), 0, 1.0, 1.0, 1.0, Some(2.0)),
            (2, "a".into(), -1, 2.0, 2.0, 2.0, Some(3.0)),
        ]
    );
    assert!(fold_by_day(&[]).is_empty());
}

#[test]
fn of_two_readings_of_one_moment_the_greater_id_is_the_level() {
    for readings in [[1, 2], [2, 1]] {
        let readings = readings.map(|id| reading(1, "a", id, 0, 30.0 - f64::from(u32::try_from(id).unwrap())));
        assert_eq!(fold_by_day(&readings)[0].level.remaining, 28.0);
    }
}

#[test]
fn per_cent_are_between_none_and_all() {
    for (remaining, original, percent) in [
        (20.0, 40.0, Some(50.0)),
        (0.0, 40.0, Some(0.0)),
        (50.0, 40.0, Some(100.0)),
        (f64::MAX, f64::MIN_POSITIVE, Some(100.0)),
        (0.0, 0.0, None),
        (5.0, 0.0, None),
    ] {
        let mut days: Vec<_> =
            fold_by_day(&[reading(1, "a", 1, 0, remaining)]).into_iter().map(|day| day.level).collect();
        days[0].original = original;
        let level = SlotLevel { slot: SlotId::parse("a").unwrap(), days };
        assert_eq!((level.percent_left(), level.heard_at()), (percent, Some(Time::from_secs(0))), "{remaining}");
    }
    let level = SlotLevel { slot: SlotId::parse("a").unwrap(), days: Vec::new() };
    assert_eq!((level.percent_left(), level.heard_at(), level.newest()), (None, None, None));
}

fn some_readings() -> impl Strategy<Value = Vec<LevelReading>> {
    let one = (0..40_u128, 0..3_i64, 0..50_u32);
    let number =
        |(n, (id, at, left)): (usize, (u128, i64, u32))| reading(1, "a", id * 100 + n as u128, at, f64::from(left));
    prop::collection::vec(one, 1..20).prop_map(move |all| all.into_iter().enumerate().map(number).collect())
}

proptest! {
    /// The order, and how often a reading is folded, change nothing.
    #[test]
    fn folding_again_changes_nothing(readings in some_readings(), cut in 0..20_usize, again in 0..20_usize) {
        let whole = &fold_by_day(&readings)[0].level;
        let (early, late) = readings.split_at(cut.min(readings.len() - 1));
        let mut folded = fold_by_day(late)[0].level.clone();
        let repeated = [&readings[again.min(readings.len() - 1)..], early].concat();
        for day in fold_by_day(&repeated) {
            folded.merge(&day.level);
        }
        folded.merge(whole);
        prop_assert_eq!(&folded, whole);
        let mut parts = fold_by_day(late)[0].level.clone();
        for day in fold_by_day(early) {
            parts.merge(&day.level);
        }
        prop_assert_eq!(&parts, whole);
    }
}
