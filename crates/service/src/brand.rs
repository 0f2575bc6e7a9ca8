//! Brands: which one customers see on a page or in a mail.
//!
//! Not here: how it looks. Invariant: whatever a maker leaves out is the operator's ([`opendrs_domain::brand::Brand::or_operator`]).

use crate::{App, Result};
use opendrs_domain::brand::MakerBrand;
use opendrs_domain::id::MakerId;
use opendrs_store::{Tx, brand, maker};

/// The operator's brand, where no maker is concerned.
#[must_use]
pub fn of_operator(app: &App) -> MakerBrand {
    MakerBrand { maker: None, brand: app.settings.brand.clone() }
}

/// The brand of a maker.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn find(app: &App, id: MakerId) -> Result<MakerBrand> {
    let mut reader = app.db.reader().await?;
    find_in(app, &mut reader.tx()?, id).await
}

/// The same within a transaction.
pub(crate) async fn find_in(app: &App, tx: &mut Tx<'_>, id: MakerId) -> Result<MakerBrand> {
    let brand = brand::find(tx, id).await?.unwrap_or_default();
    let maker = maker::find_by_id(tx, id).await?.map(|maker| maker.name);
    Ok(MakerBrand { maker, brand: brand.or_operator(&app.settings.brand) })
}
