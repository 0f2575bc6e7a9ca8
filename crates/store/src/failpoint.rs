//! Points at which a test ends the process, to check what is left.
//!
//! What it is: calls of [`reached`] at the points where a crash is hardest to survive. Built with the feature
//! `failpoints`, it aborts the process if `OPENDRS_TEST_FAILPOINT` is `NAME` or `NAME:N`, when the point is reached for
//! the N-th time. What it is not: part of the product. Invariant: without the feature, which is off by default, it does
//! nothing.

/// A point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A schema step ran and is not committed.
    SchemaApplied,
    /// A batch of commands ran and is not committed.
    BatchApplied,
    /// A batch is committed and no caller is answered.
    BatchCommitted,
    /// Some callers of a batch are answered, others are not.
    BatchHalfAnswered,
    /// An order is placed and its device is not answered.
    OrderPlaced,
    /// A code is redeemed and its tokens are not created.
    CodeRedeemed,
    /// The worker has its list of due work and has done none of it.
    WorkClaimed,
    /// The worker has done a part of its list.
    WorkHalfDone,
    /// The clock was moved and the store does not record it yet.
    ClockMoved,
}

impl Point {
    /// Every point.
    pub const ALL: [Self; 9] = [
        Self::SchemaApplied,
        Self::BatchApplied,
        Self::BatchCommitted,
        Self::BatchHalfAnswered,
        Self::OrderPlaced,
        Self::CodeRedeemed,
        Self::WorkClaimed,
        Self::WorkHalfDone,
        Self::ClockMoved,
    ];

    /// The point's name in the environment variable.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SchemaApplied => "schema-applied",
            Self::BatchApplied => "batch-applied",
            Self::BatchCommitted => "batch-committed",
            Self::BatchHalfAnswered => "batch-half-answered",
            Self::OrderPlaced => "order-placed",
            Self::CodeRedeemed => "code-redeemed",
            Self::WorkClaimed => "work-claimed",
            Self::WorkHalfDone => "work-half-done",
            Self::ClockMoved => "clock-moved",
        }
    }
}

/// The environment variable that names the point.
pub const VARIABLE: &str = "OPENDRS_TEST_FAILPOINT";

/// Marks that a point was reached. Without the feature `failpoints` it does nothing and costs nothing.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn reached(_: Point) {}

#[cfg(feature = "failpoints")]
pub use on::reached;

#[cfg(feature = "failpoints")]
mod on {
    use super::{Point, VARIABLE};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// The chosen point, and how often it is still to be passed.
    static CHOSEN: OnceLock<Option<(Point, AtomicU64)>> = OnceLock::new();

    /// Marks that a point was reached, and aborts the process at the chosen one.
    ///
    /// # Panics
    /// If the environment names an unknown point: a test that kills nothing must not look like one that passed.
    pub fn reached(point: Point) {
        let chosen = CHOSEN.get_or_init(|| {
            let text = std::env::var(VARIABLE).ok()?;
            let read = read(&text);
            assert!(read.is_some(), "{VARIABLE} is `{text}`: write NAME or NAME:N, with a name of Point::ALL");
            read.map(|(point, times)| (point, AtomicU64::new(times)))
        });
        if let Some((at, left)) = chosen
            && *at == point
            && left.fetch_sub(1, Ordering::SeqCst) == 1
        {
            std::process::abort();
        }
    }

    fn read(text: &str) -> Option<(Point, u64)> {
        let (name, times) = text.split_once(':').unwrap_or((text, "1"));
        let point = Point::ALL.into_iter().find(|point| point.name() == name)?;
        Some((point, times.parse().ok().filter(|times| *times > 0)?))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_environment_names_a_place_and_a_time() {
            assert_eq!(read("batch-applied"), Some((Point::BatchApplied, 1)));
            assert_eq!(read("clock-moved:17"), Some((Point::ClockMoved, 17)));
            for wrong in ["", "nowhere", "batch-applied:", "batch-applied:0", "batch-applied:x"] {
                assert_eq!(read(wrong), None, "{wrong}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Point;

    #[test]
    fn every_place_has_a_name_of_its_own() {
        for (at, point) in Point::ALL.iter().enumerate() {
            assert!(Point::ALL[at + 1..].iter().all(|other| other.name() != point.name()), "{point:?}");
        }
    }
}
