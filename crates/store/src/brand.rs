//! Brands of makers.
//!
//! Invariant: a maker has at most one.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::brand::{Accent, Brand, LegalLinks, MailSender};
use opendrs_domain::id::MakerId;

impl FromRow for Brand {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let accent: Option<String> = row.get(1)?;
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 1, found };
        Ok(Self {
            logo: row.get(0)?,
            accent: accent.map(|text| Accent::parse(&text).map_err(|_| bad(text))).transpose()?,
            links: LegalLinks {
                privacy: row.get(2)?,
                terms: row.get(3)?,
                withdrawal: row.get(4)?,
                contact: row.get(5)?,
            },
            imprint: row.get(6)?,
            sender: MailSender { name: row.get(7)?, address: row.get(8)?, reply_to: row.get(9)? },
        })
    }
}

/// The brand of a maker, if it has one.
///
/// # Errors
/// [`crate::Error`].
pub async fn find(tx: &mut Tx<'_>, maker: MakerId) -> Result<Option<Brand>> {
    tx.query_opt(Query::BrandOfMaker, params![maker]).await
}

/// Sets the brand of a maker.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert(tx: &mut Tx<'_>, maker: MakerId, brand: &Brand) -> Result<()> {
    let Brand { logo, accent, links, imprint, sender } = brand;
    let (logo, accent) = (logo.map(|logo| logo.to_string()), accent.map(|accent| accent.to_string()));
    let params = params![
        maker,
        logo.as_ref(),
        accent.as_ref(),
        links.privacy.as_ref(),
        links.terms.as_ref(),
        links.withdrawal.as_ref(),
        links.contact.as_ref(),
        imprint.as_ref(),
        sender.name.as_ref(),
        sender.address.as_ref(),
        sender.reply_to.as_ref()
    ];
    tx.exec_deferred(Query::BrandPut, params).await
}
