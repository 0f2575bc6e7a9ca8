//! The choice of the back end for a new order.
//!
//! Not here: orders that exist, which keep their back end. Invariant: a maker that the settings name takes precedence
//! over the back end of the installation.

use super::settings::FulfilmentSettings;
use crate::{App, Result};
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::id::MakerId;
use opendrs_store::{Tx, maker};

/// The back end for orders of a maker's devices.
pub(crate) async fn backend_of_maker(app: &App, tx: &mut Tx<'_>, id: MakerId) -> Result<Backend> {
    let FulfilmentSettings { backend, maker_backends: makers, .. } = &app.settings.fulfilment;
    if makers.is_empty() {
        return Ok(*backend);
    }
    let name = maker::find_by_id(tx, id).await?.map(|maker| maker.name);
    let own = makers.iter().find(|(maker, _)| Some(maker) == name.as_ref());
    Ok(own.map_or(*backend, |(_, backend)| *backend))
}
