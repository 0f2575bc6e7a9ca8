//! Special functions: the regularised incomplete beta and gamma functions.
//!
//! What it is: upper tails, computed directly where they are small, so that tiny probabilities keep their digits. What
//! it is not: a library; arguments outside those of [`super::tail`] are not considered. Invariant: results are between 0
//! and 1, and no sum runs longer than [`MAX_TERMS`].

/// The most terms of a series or continued fraction. The square root of the largest parameter is a usual number.
const MAX_TERMS: u32 = 20_000;
/// Keeps denominators of a continued fraction away from 0.
const TINY: f64 = 1e-300;
/// A term that changes the result by less ends a series or continued fraction.
const PRECISION: f64 = 1e-14;
/// ln(2 pi) / 2.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_8;

/// ln(gamma(z)), z > 0.
pub fn ln_gamma(z: f64) -> f64 {
    libm::lgamma(z)
}

/// ln(gamma(z)) less the main part of Stirling's formula, z > 0. It is small where z is large, so that differences of
/// large logarithms do not lose their digits.
pub fn stirling_remainder(z: f64) -> f64 {
    if z < 10.0 {
        return ln_gamma(z) - ((z - 0.5) * z.ln() - z + HALF_LN_TWO_PI);
    }
    let s = 1.0 / (z * z);
    let series = 1.0 / 1188.0 - s * (691.0 / 360_360.0 - s / 156.0);
    (1.0 / 12.0 - s * (1.0 / 360.0 - s * (1.0 / 1260.0 - s * (1.0 / 1680.0 - s * series)))) / z
}

/// The upper incomplete gamma function Q(a, x), a > 0: the probability that a gamma variable of shape `a` exceeds `x`.
pub fn gamma_upper(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let is_lower = x < a + 1.0;
    let factor = gamma_factor(a, x);
    if factor == 0.0 {
        return if is_lower { 1.0 } else { 0.0 };
    }
    let upper = if is_lower { 1.0 - factor * gamma_series(a, x) } else { factor * gamma_fraction(a, x) };
    upper.clamp(0.0, 1.0)
}

/// x^a e^-x / gamma(a).
fn gamma_factor(a: f64, x: f64) -> f64 {
    if a < 10.0 {
        return (a * x.ln() - x - ln_gamma(a)).exp();
    }
    let distance = (x - a) / a;
    let exponent = -a * (distance - distance.ln_1p()) - stirling_remainder(a);
    exponent.exp() * (a / std::f64::consts::TAU).sqrt()
}

fn gamma_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut next) = (1.0 / a, 1.0 / a, a);
    for _ in 0..MAX_TERMS {
        next += 1.0;
        term *= x / next;
        sum += term;
        if term < sum * 0.01 * PRECISION {
            break;
        }
    }
    sum
}

/// The continued fraction of Q without its factor, for x >= a + 1. Numerator and denominator of each convergent follow
/// from the two before it; both are divided by the denominator, so that they stay near 1.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let (mut value, mut before, mut below) = (1.0 / b, 0.0, 1.0 / b);
    for i in 1..MAX_TERMS {
        let i = f64::from(i);
        let step = -i * (i - a);
        b += 2.0;
        let scale = 1.0 / away_from_zero(b + step * below);
        let next = (b * value + step * before) * scale;
        (before, below) = (value * scale, scale);
        let is_done = (next - value).abs() <= PRECISION * next;
        value = next;
        if is_done {
            break;
        }
    }
    value
}

/// 1 - I_p(a, b), where I is the regularised incomplete beta function, a > 0, b > 0. `p` and `q` have the sum 1, and the
/// caller gives both because a difference would lose digits.
/// `b_remainder` is the [`stirling_remainder`] of `b`, which many calls share.
pub fn beta_complement(a: f64, b: f64, b_remainder: f64, p: f64, q: f64) -> f64 {
    if p <= 0.0 || q <= 0.0 {
        return if p <= 0.0 { 1.0 } else { 0.0 };
    }
    let is_lower = p < (a + 1.0) / (a + b + 2.0);
    let factor = beta_factor(a, b, b_remainder, p, q);
    if factor == 0.0 {
        return if is_lower { 1.0 } else { 0.0 };
    }
    let complement =
        if is_lower { 1.0 - factor * beta_fraction(a, b, p) / a } else { factor * beta_fraction(b, a, q) / b };
    complement.clamp(0.0, 1.0)
}

/// p^a q^b gamma(a + b) / (gamma(a) gamma(b)), by distances from the mode, so that large parameters lose no digits.
fn beta_factor(a: f64, b: f64, b_remainder: f64, p: f64, q: f64) -> f64 {
    let n = a + b;
    let remainder = stirling_remainder(n) - stirling_remainder(a) - b_remainder;
    let exponent = a * ((p * n - a) / a).ln_1p() + b * ((q * n - b) / b).ln_1p() + remainder;
    exponent.exp() * (a * (b / n) / std::f64::consts::TAU).sqrt()
}

/// The continued fraction of the incomplete beta function without its factor; two terms a turn. Numerator and
/// denominator of each convergent follow from the two before it. Both are divided by the denominator, so that they stay
/// near 1, and a turn needs two divisions.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let n = a + b;
    let first = 1.0 / away_from_zero(1.0 - n * x / (a + 1.0));
    let (mut value, mut before, mut below) = (first, first, first);
    for m in 1..MAX_TERMS {
        let m = f64::from(m);
        let at = a + 2.0 * m;
        let ratio = x / ((at - 1.0) * at * (at + 1.0));
        let even = m * (b - m) * (at + 1.0) * ratio;
        let odd = -(a + m) * (n + m) * (at - 1.0) * ratio;
        let (even_value, even_below) = (value + even * before, 1.0 + even * below);
        let scale = 1.0 / away_from_zero(even_below + odd);
        let next = (even_value + odd * value) * scale;
        (before, below) = (even_value * scale, even_below * scale);
        let is_done = (next - value).abs() <= PRECISION * next;
        value = next;
        if is_done {
            break;
        }
    }
    value
}

fn away_from_zero(x: f64) -> f64 {
    if x.abs() < TINY { TINY } else { x }
}

#[cfg(test)]
#[path = "tests/special.rs"]
mod tests;
