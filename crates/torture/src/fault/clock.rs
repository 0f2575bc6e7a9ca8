//! The fault of a clock that jumps.

use super::finish_and_verify;
use crate::device::{self, CallOutcome};
use crate::test_bed::TestBed;
use serde_json::json;

/// How often the server is killed right after a jump was answered.
const DEATHS: usize = 3;

/// The clock jumps by years between calls, and the server is killed after each jump. The clock of the next server must
/// not be earlier.
pub async fn clock_jumps(bed: &mut TestBed) -> Result<(), String> {
    let mut server = bed.create_store().await?;
    for _ in 0..DEATHS {
        let mut load = bed.start_load(&server.base_url, true);
        load.wait_for_successes().await?;
        load.finish().await?;
        let years = json!({ "advance": format!("{}d", 365 * bed.rng.u32(1..=5)) });
        match device::call_control(&server.base_url, "/-/clock", Some(years)).await? {
            CallOutcome::Succeeded(clock) => bed.record_time(&clock)?,
            other => return Err(format!("the clock does not move: {other:?}")),
        }
        server.kill()?;
        bed.verify_after_death().await?;
        server = bed.restart().await?;
    }
    let mut load = bed.start_load(&server.base_url, true);
    load.wait_for_successes().await?;
    finish_and_verify(bed, load, server).await
}
