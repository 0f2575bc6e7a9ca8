use super::*;

struct Known {
    a: f64,
    b: f64,
    x: f64,
    value: f64,
}

const fn known(a: f64, b: f64, x: f64, value: f64) -> Known {
    Known { a, b, x, value }
}

/// Q(a, x), computed with 40 digits.
const GAMMA: [Known; 12] = [
    known(0.5, 0.0, 0.1, 0.654720846018577),
    known(0.5, 0.0, 3.0, 0.01430587843542964),
    known(3.0, 0.0, 2.5, 0.5438131158833295),
    known(9.9, 0.0, 12.0, 0.23276436399627645),
    known(10.0, 0.0, 12.0, 0.24239216167051236),
    known(50.0, 0.0, 30.0, 0.999481108537452),
    known(50.0, 0.0, 80.0, 0.00013078397659141034),
    known(1e3, 0.0, 1100.0, 0.0010593232539299773),
    known(1e6, 0.0, 1.002e6, 0.022804095898769864),
    known(1e6, 0.0, 9.99e5, 0.8413447864256963),
    known(1e-6, 0.0, 0.01, 4.037922236637048e-06),
    known(2000.0, 0.0, 3000.0, 1.3745123703543725e-84),
];

/// 1 - I_p(a, b), computed with 40 digits.
const BETA: [Known; 10] = [
    known(0.5, 1.0, 0.3, 0.4522774424948339),
    known(2.0, 5.0, 1.0 / 3.0, 0.35116598079561046),
    known(2.0, 40.0, 0.1, 0.07390441470717295),
    known(1000.0, 12.0, 0.99, 0.31528489456276193),
    known(5e5, 1e4, 1.0 / 1.02, 0.5012903726689398),
    known(5e5, 1.05e4, 1.0 / 1.02, 4.639197995341774e-07),
    known(5e5, 9.8e3, 1.0 / 1.02, 0.976_723_529_864_115_6),
    known(1e-9, 3.0, 0.2, 4.894_379_126_215_256e-10),
    known(4.0, 300.0, 0.02, 0.14326436413011093),
    known(12.0, 900.0, 0.0125, 0.532_822_600_390_768_3),
];

/// Small values keep ten digits, except for what a difference from 1 loses.
fn assert_near(found: f64, known: &Known) {
    let Known { a, b, x, value } = known;
    let allowed = 1e-10 * value + if *a < 1e-3 { 1e-14 } else { 0.0 };
    assert!((found - value).abs() <= allowed, "a {a}, b {b}, x {x}: {found} instead of {value}");
}

#[test]
fn gamma_tails_are_those_of_a_long_computation() {
    GAMMA.iter().for_each(|known| assert_near(gamma_upper(known.a, known.x), known));
}

#[test]
fn beta_tails_are_those_of_a_long_computation() {
    let found = |known: &Known| beta_complement(known.a, known.b, stirling_remainder(known.b), known.x, 1.0 - known.x);
    BETA.iter().for_each(|known| assert_near(found(known), known));
}

#[test]
fn the_remainder_of_stirlings_formula_does_not_jump() {
    for z in [9.999_999_9, 10.0] {
        let exact = ln_gamma(z) - ((z - 0.5) * f64::ln(z) - z + HALF_LN_TWO_PI);
        assert!((stirling_remainder(z) - exact).abs() < 1e-14, "{z}");
    }
}

#[test]
fn ends_are_certain() {
    assert_eq!([gamma_upper(2.0, 0.0), gamma_upper(2.0, 1e9), gamma_upper(1e9, 1.0)], [1.0, 0.0, 1.0]);
    assert_eq!([beta_complement(2.0, 3.0, 0.1, 0.0, 1.0), beta_complement(2.0, 3.0, 0.1, 1.0, 0.0)], [1.0, 0.0]);
}
