//! Tests of time zones.

use super::*;
use crate::country::is_country_code;
use crate::time::Span;

#[test]
fn every_zone_has_rules_and_one_name() {
    let names: Vec<_> = Zone::all().map(Zone::name).collect();
    assert!(names.len() > 400, "{}", names.len());
    assert!(names[1..].is_sorted() && names[0] == "UTC");
    for zone in Zone::all() {
        assert!(DATABASE.get(zone.name()).is_ok(), "{zone}");
        assert_eq!(Zone::parse(zone.name()), Ok(zone));
        let json = serde_json::to_string(&zone).unwrap();
        assert_eq!((json.as_str(), serde_json::from_str(&json).ok()), (format!("\"{zone}\"").as_str(), Some(zone)));
    }
    for name in ["", "utc", "Europe/berlin", "Mars/Phobos", " UTC", "../etc/passwd"] {
        assert_eq!(Zone::parse(name), Err(ParseZoneError(name.into())));
    }
    assert_eq!((Zone::UTC.name(), Zone::default()), ("UTC", Zone::UTC));
}

#[test]
fn a_country_has_one_zone_if_its_time_is_the_same_everywhere() {
    let start = Time::from_secs(1_767_225_600);
    for (code, is_one, zones) in country_lines() {
        assert!(is_country_code(code), "{code}");
        let mut days = (0..365).map(|day| start + Span::from_secs(day * 86_400));
        let same = |at| {
            let mut offsets = zones.split(' ').map(|zone| Zone::parse(zone).unwrap().local_time(at).offset());
            let first = offsets.next();
            offsets.all(|offset| Some(offset) == first)
        };
        let all_same = days.all(same);
        assert_eq!(is_one, all_same, "{code}: {zones}");
    }
    for (code, zone) in [
        ("DE", Some("Europe/Berlin")),
        ("JP", Some("Asia/Tokyo")),
        ("GB", Some("Europe/London")),
        ("AR", Some("America/Argentina/Buenos_Aires")),
        ("US", None),
        ("BV", None),
        ("XX", None),
        ("", None),
    ] {
        assert_eq!(Zone::of_country(code).map(Zone::name), zone, "{code}");
    }
}

#[test]
fn a_choice_goes_before_the_country_and_the_country_before_the_default() {
    let [berlin, tokyo, lima] = ["Europe/Berlin", "Asia/Tokyo", "America/Lima"].map(|name| Zone::parse(name).unwrap());
    for (chosen, country, zone) in [
        (Some(tokyo), Some("DE"), tokyo),
        (None, Some("DE"), berlin),
        (None, Some("US"), lima),
        (None, None, lima),
        (Some(Zone::UTC), Some("DE"), Zone::UTC),
    ] {
        assert_eq!(ZonePreferences { chosen, country, default: lima }.resolve(), zone, "{chosen:?} {country:?}");
    }
}

#[test]
fn a_day_ends_at_midnight_of_the_zone() {
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    let at = Time::from_secs(1_520_121_600);
    assert_eq!(at.to_rfc3339_secs(), "2018-03-04T00:00:00Z");
    assert!(Zone::UTC.is_midnight(at) && !berlin.is_midnight(at));
    assert!(berlin.is_midnight(at - Span::from_secs(3600)));
    let tokyo = Zone::parse("Asia/Tokyo").unwrap();
    let evening = at - Span::from_secs(7200);
    assert_eq!(tokyo.calendar_day(evening), at);
    assert_eq!(berlin.calendar_day(evening), at - Span::from_hours(24));
}
