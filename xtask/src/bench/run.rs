//! One load on one server: what a measurement is made of.

use super::server::BenchServerKind;

/// A load on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BenchRun {
    /// Who is called.
    pub server: BenchServerKind,
    /// Which call, as `opendrs-loadgen` names it.
    pub kind: &'static str,
    /// On how many connections.
    pub connections: u16,
    /// Not as fast as answers come, but at half the rate that SlotStatus on SQLite reaches on as many connections:
    /// latencies of two servers compare only at a rate that both sustain.
    pub at_half_rate: bool,
}
