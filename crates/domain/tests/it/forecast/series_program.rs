//! The example `decide_series`: its arguments, its input, its output.

use super::arguments::{self, ForecastOptions, HELP, SeriesCommand, SimulateOptions};
use super::random::Draws;
use super::{quantiles, replay, series};

fn parse(line: &str) -> Result<SeriesCommand, String> {
    arguments::parse(line.split_whitespace().map(str::to_owned))
}

#[test]
fn arguments_are_read_or_named() {
    let command = parse("forecast --dt 30 --origin 39 --horizon 3");
    let Ok(SeriesCommand::Forecast(ForecastOptions { days_a_period, origin, horizon })) = command else {
        panic!("not a forecast")
    };
    assert_eq!((days_a_period, origin, horizon), (30.0, 39, 3));
    let Ok(SeriesCommand::Simulate(options)) = parse("simulate --risk .05 --days 45 --seed 1") else {
        panic!("not a simulation")
    };
    assert_eq!((options.container_days, options.accepted, options.seed), (45.0, 0.05, 1));
    for line in ["", "--help", "forecast --help"] {
        assert!(matches!(parse(line), Ok(SeriesCommand::Help)), "{line}");
    }
    for (line, named) in [
        ("forecast --dt 30 --origin 39", "--horizon"),
        ("forecast --dt 0 --origin 39 --horizon 3", "--dt"),
        ("simulate --days 45 --risk .5 --seed 1", "--risk"),
        ("simulate --days 45 --risk .05 --seed", "--seed"),
        ("simulate --day 45", "--day"),
        ("repeat", "repeat"),
    ] {
        let problem = parse(line).err().unwrap();
        assert!(problem.contains(named), "{line}: {problem}");
    }
    assert!(["--dt", "--origin", "--horizon", "--days", "--risk", "--seed"].iter().all(|name| HELP.contains(name)));
}

#[test]
fn a_series_ends_at_its_first_missing_period() {
    let text = "series,period,use\nb,1,2\nb,2,\nb,3,4\n\na,4,1.5\na,3,0\na,6,9\nc,1,NA\n";
    let found: Vec<_> = series::parse(text).unwrap().into_iter().map(|series| (series.name, series.usage)).collect();
    assert_eq!(found, [("a".to_owned(), vec![0.0, 1.5]), ("b".to_owned(), vec![2.0]), ("c".to_owned(), vec![])]);
    for (text, line) in [("a,1", "line 1"), ("a,1,2\na,x,2", "line 2"), ("a,1,-2", "line 1"), ("a,1,x", "line 1")] {
        assert!(series::parse(text).err().unwrap().contains(line), "{text}");
    }
}

/// Twenty series of Poisson use, with rates from 1 to 3 a day; one without use, and one that is too short.
fn poisson_series(days: usize) -> Vec<series::UsageSeries> {
    let mut draws = Draws::new(5, 0);
    let mut made: Vec<_> = (0..20)
        .map(|index| series::UsageSeries {
            name: format!("s{index:02}"),
            usage: (0..days).map(|_| draws.poisson(1.0 + f64::from(index) / 9.5)).collect(),
        })
        .collect();
    made.push(series::UsageSeries { name: "short".to_owned(), usage: vec![1.0; 40] });
    made.push(series::UsageSeries { name: "unused".to_owned(), usage: vec![0.0; days] });
    made
}

#[test]
fn quantiles_of_poisson_series_are_near_their_own() {
    let options = ForecastOptions { days_a_period: 1.0, origin: 100, horizon: 7 };
    let text = quantiles::forecast(&poisson_series(107), &options).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("series,q50,q80,q90,q95,q99,mean", 21));
    for (index, line) in lines[1..].iter().enumerate() {
        let numbers: Vec<f64> = line.split(',').skip(1).map(|field| field.parse().unwrap()).collect();
        let true_mean = 7.0 * (1.0 + index as f64 / 9.5);
        assert!((numbers[5] / true_mean - 1.0).abs() < 0.35, "{line}, of {true_mean}");
        assert!(numbers[..5].windows(2).all(|pair| pair[0] <= pair[1]), "{line}");
        assert!(
            numbers[3] > numbers[5] + true_mean.sqrt() && numbers[3] < numbers[5] + 3.0 * true_mean.sqrt(),
            "{line}"
        );
    }
    let none = ForecastOptions { origin: 200, ..options };
    assert!(quantiles::forecast(&poisson_series(107), &none).is_err());
}

#[test]
fn households_of_poisson_series_get_their_parcels() {
    let options = SimulateOptions { container_days: 15.0, accepted: 0.05, seed: 1 };
    let text = replay::simulate(&poisson_series(150), &options).unwrap();
    assert_eq!(text, replay::simulate(&poisson_series(150), &options).unwrap());
    let (names, values) = text.trim_end().split_once('\n').unwrap();
    assert_eq!(names, "parcels,late,cover_days");
    let values: Vec<f64> = values.split(',').map(|value| value.parse().unwrap()).collect();
    assert!(values[0] > 100.0 && values[1] < 0.12 * values[0] && (2.0..9.0).contains(&values[2]), "{values:?}");
    assert!(replay::simulate(&poisson_series(20)[..20], &options).is_err());
}
