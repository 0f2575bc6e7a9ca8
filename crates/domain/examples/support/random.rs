//! Random draws of the simulations.
//!
//! Not here: what they stand for. Invariant: the draws of a seed are the same on every machine.

/// A source of random draws.
pub struct Draws(fastrand::Rng);

impl Draws {
    /// The draws of a seed and a stream; streams of one seed are independent.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ stream))
    }

    /// Between 0 and 1.
    pub fn uniform(&mut self) -> f64 {
        self.0.f64()
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A whole number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.usize(0..end.max(1))
    }

    /// Normal, with mean 0 and variance 1.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.positive().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Gamma, with a whole-numbered shape.
    pub fn gamma(&mut self, shape: u32, mean: f64) -> f64 {
        let sum: f64 = (0..shape).map(|_| -self.positive().ln()).sum();
        sum * mean / f64::from(shape)
    }

    /// Poisson.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        let end = (-mean).exp();
        let (mut count, mut product) = (0.0, self.positive());
        while product > end {
            count += 1.0;
            product *= self.positive();
        }
        count
    }

    /// Geometric, at least 1.
    pub fn geometric(&mut self, mean: f64) -> f64 {
        (self.positive().ln() / (1.0 - 1.0 / mean).ln()).ceil().max(1.0)
    }

    fn positive(&mut self) -> f64 {
        1.0 - self.0.f64()
    }
}
