//! A clock that jumps.

use super::conclude;
use crate::device::{self, Answer};
use crate::site::Site;
use serde_json::json;

/// How often the server dies right after a jump was answered.
const DEATHS: usize = 3;

/// Jumps of years between calls, each followed by a death; the next server must not be earlier.
pub async fn jumps(site: &mut Site) -> Result<(), String> {
    let mut server = site.found().await?;
    for _ in 0..DEATHS {
        let mut load = site.load(&server.base, true);
        load.answered().await?;
        load.end().await?;
        let years = json!({ "advance": format!("{}d", 365 * site.rng.u32(1..=5)) });
        match device::control(&server.base, "/-/clock", Some(years)).await? {
            Answer::Done(clock) => site.note_time(&clock)?,
            other => return Err(format!("the clock does not move: {other:?}")),
        }
        server.kill()?;
        site.verify_dead().await?;
        server = site.start().await?;
    }
    let mut load = site.load(&server.base, true);
    load.answered().await?;
    conclude(site, load, server).await
}
