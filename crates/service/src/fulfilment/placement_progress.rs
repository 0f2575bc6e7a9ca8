//! The progress of an order while it is being placed in a shop.
//!
//! Not here: the placing ([`super::vendure`]). Invariant: only the node that leased the call records progress.

use super::job::FulfilmentJob;
use crate::App;
use opendrs_domain::device::Device;
use opendrs_domain::time::Time;
use opendrs_store::fulfilment::BackendCall;
use opendrs_store::{Command, Tx, fulfilment};

/// A step of the placing of an order.
#[derive(Clone, Debug)]
pub(super) enum PlacementProgress {
    /// A draft is about to be requested from the shop.
    DraftRequested,
    /// The shop's code for the draft, and since when drafts were requested whose answers were lost, if any were.
    DraftCreated(String, Option<Time>),
}

/// Records the progress. Fails if another node has leased the call meanwhile.
pub(super) async fn record_progress(
    app: &App,
    job: &FulfilmentJob,
    call: &BackendCall,
    noted: PlacementProgress,
) -> Result<(), String> {
    let at = app.system_time();
    let mine = match call.due_at {
        Some(until) => {
            app.db
                .write(RecordPlacementProgress {
                    device: job.device.clone(),
                    call: call.clone(),
                    lease_until: until,
                    progress: noted,
                    at,
                })
                .await
        }
        None => Ok(false),
    };
    match mine {
        Ok(true) => Ok(()),
        Ok(false) => Err("another node has the call".into()),
        Err(error) => Err(error.to_string()),
    }
}

struct RecordPlacementProgress {
    device: Device,
    call: BackendCall,
    lease_until: Time,
    progress: PlacementProgress,
    at: Time,
}

impl Command for RecordPlacementProgress {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let BackendCall { shard, order, .. } = self.call;
        match &self.progress {
            PlacementProgress::DraftRequested => {
                fulfilment::record_begin(tx, shard, order, self.lease_until, self.at).await
            }
            PlacementProgress::DraftCreated(code, unheard) => {
                fulfilment::record_reference(tx, shard, order, self.lease_until, code, *unheard).await
            }
        }
    }
}
