use super::*;
use crate::id::ReadingId;
use crate::time::Time;
use proptest::prelude::*;

fn level(day: i64, [lowest, highest, remaining]: [f64; 3], original: f64) -> LevelDay {
    LevelDay {
        day,
        lowest,
        highest,
        last_at: Time::from_secs(day.saturating_mul(86_400)),
        last_reading: ReadingId(uuid::Uuid::nil()),
        remaining,
        original,
        on_hand: None,
    }
}

fn same(day: i64, remaining: f64) -> LevelDay {
    level(day, [remaining; 3], 40.0)
}

fn days_of(ticks: &[DayTick]) -> Vec<i64> {
    ticks.iter().map(|tick| tick.day).collect()
}

#[test]
fn a_line_goes_through_the_last_levels_of_the_days() {
    let chart = draw_chart(&[same(100, 40.0), same(101, 30.0), same(104, 0.0)]).unwrap();
    assert_eq!(chart.line, "M48 14L193 47L628 146");
    assert_eq!(chart.newest, ChartPoint { x: 628.0, y: 146.0 });
    assert_eq!(chart.levels.map(|tick| (tick.percent, tick.y)), [(0, 146.0), (50, 80.0), (100, 14.0)]);
    let days: Vec<_> = chart.days.iter().map(|tick| (tick.day, tick.place.x, tick.place.y)).collect();
    let wanted =
        [(100, 48.0, 146.0), (101, 193.0, 146.0), (102, 338.0, 146.0), (103, 483.0, 146.0), (104, 628.0, 146.0)];
    assert_eq!(days, wanted);
    assert_eq!(chart.refills, []);
}

#[test]
fn one_day_is_a_dot_in_the_middle() {
    let chart = draw_chart(&[same(7, 20.0)]).unwrap();
    assert_eq!((chart.line.as_str(), days_of(&chart.days)), ("M338 80L338 80", vec![7]));
}

#[test]
fn without_a_whole_there_is_nothing_to_draw() {
    let unknown = level(1, [3.0; 3], 0.0);
    assert_eq!((draw_chart(&[]), draw_chart(std::slice::from_ref(&unknown))), (None, None));
    assert_eq!(draw_chart(&[same(0, 20.0), unknown]).unwrap().line, "M338 80L338 80");
}

#[test]
fn refills_are_marked_where_the_level_was_raised() {
    for (days, refilled) in [
        (vec![same(1, 10.0), same(2, 14.0)], vec![]),
        (vec![same(1, 10.0), same(2, 14.1)], vec![2]),
        (vec![same(1, 10.0), same(2, 4.0), same(5, 40.0), same(6, 30.0)], vec![5]),
        // Within one day, and used up on that day.
        (vec![level(1, [2.0, 40.0, 38.0], 40.0)], vec![1]),
        (vec![same(1, 5.0), level(2, [4.0, 40.0, 6.0], 40.0)], vec![2]),
        // It only falls.
        (vec![level(1, [2.0, 40.0, 2.0], 40.0)], vec![]),
    ] {
        let chart = draw_chart(&days).unwrap();
        assert_eq!(days_of(&chart.refills), refilled, "{days:?}");
    }
    let chart = draw_chart(&[same(1, 10.0), level(2, [4.0, 40.0, 6.0], 40.0)]).unwrap();
    assert_eq!(chart.refills[0].place, ChartPoint { x: 628.0, y: 14.0 });
}

#[test]
fn labels_of_days_are_few_and_end_with_the_last() {
    for (length, wanted) in [
        (2, vec![998, 1000]),
        (7, vec![993, 1000]),
        (12, vec![988, 991, 994, 997, 1000]),
        (13, vec![988, 991, 994, 997, 1000]),
        (14, vec![988, 991, 994, 997, 1000]),
        (89, vec![940, 970, 1000]),
    ] {
        let chart = draw_chart(&[same(1000 - length, 1.0), same(1000, 1.0)]).unwrap();
        let days = days_of(&chart.days);
        assert!(days.len() <= 5 && days.ends_with(&[1000]), "{length}: {days:?}");
        if length > 7 {
            assert_eq!(days, wanted, "{length}");
        }
    }
    // Older days are left out.
    assert_eq!(days_of(&draw_chart(&[same(910, 1.0), same(1000, 1.0)]).unwrap().days), [1000]);
    assert!(draw_chart(&[same(i64::MIN, 1.0), same(i64::MAX, 1.0)]).is_some());
}

/// The coordinates of a path.
fn points(line: &str) -> Vec<(f64, f64)> {
    let point = |text: &str| {
        let (x, y) = text.split_once(' ').unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    };
    line.split(['M', 'L']).skip(1).map(point).collect()
}

proptest! {
    #[test]
    fn everything_is_inside_the_box_and_goes_to_the_right(
        days in prop::collection::btree_map(-300_i64..300, (any::<[u32; 3]>(), 0_u32..5), 1..120),
    ) {
        let day = |(day, (levels, whole)): (i64, ([u32; 3], u32))| {
            let [a, b, last] = levels.map(|level| f64::from(level) / 1e9);
            level(day, [a.min(last).min(b), a.max(last).max(b), last], f64::from(whole))
        };
        let days: Vec<_> = days.into_iter().map(day).collect();
        let Some(chart) = draw_chart(&days) else {
            let newest = days.last().unwrap().day;
            prop_assert!(days.iter().all(|day| day.original == 0.0 || day.day + LEVEL_DAYS <= newest));
            return Ok(());
        };
        prop_assert_eq!(draw_chart(&days), Some(chart.clone()));
        let line = points(&chart.line);
        let ticks = chart.days.iter().chain(&chart.refills).map(|tick| (tick.place.x, tick.place.y));
        let others = [chart.newest, chart.origin, chart.corner].map(|point| (point.x, point.y));
        for (x, y) in line.iter().copied().chain(ticks).chain(others) {
            prop_assert!((0.0..=CHART_WIDTH).contains(&x) && (0.0..=CHART_HEIGHT).contains(&y));
            for value in [x, y] {
                prop_assert!(value.to_string().split_once('.').is_none_or(|(_, decimals)| decimals.len() == 1));
            }
        }
        let moves_right = line.windows(2).all(|two| two[0].0 < two[1].0);
        prop_assert!(moves_right || line.len() == 2 && line[0] == line[1]);
        prop_assert!(chart.days.windows(2).all(|two| two[0].place.x < two[1].place.x));
        prop_assert!(chart.days.len() <= 7 && line.len() <= 90);
    }
}
