//! The footer of a mail or page: imprint and legal links of a brand.
//!
//! Not here: how it looks. Invariant: only what the brand has is shown.

use crate::BrandTexts;
use opendrs_domain::brand::Brand;
use opendrs_domain::brand::MakerBrand;
use opendrs_domain::text::{ContactLink, Imprint, WebLink, to_single_line};

/// A link of the legal footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalLink {
    /// Its label.
    pub label: &'static str,
    /// Its URL.
    pub url: String,
}

impl LegalLink {
    /// The links that a brand has.
    #[must_use]
    pub fn of_brand(brand: &Brand, said: &BrandTexts) -> Vec<LegalLink> {
        let links = &brand.links;
        let web = |link: &Option<WebLink>| link.as_ref().map(ToString::to_string);
        let all = [
            (said.contact, links.contact.as_ref().map(ContactLink::to_string)),
            (said.privacy, web(&links.privacy)),
            (said.terms, web(&links.terms)),
            (said.withdrawal, web(&links.withdrawal)),
        ];
        all.into_iter().filter_map(|(label, url)| Some(LegalLink { label, url: url? })).collect()
    }
}

/// The footer of a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailFooter {
    /// The maker's name; empty where no maker is concerned.
    pub maker: String,
    /// The lines of the imprint.
    pub imprint: Vec<String>,
    /// The links.
    pub links: Vec<LegalLink>,
}

impl MailFooter {
    /// The footer of a brand.
    #[must_use]
    pub fn of_brand(brand: &MakerBrand, said: &BrandTexts) -> Self {
        let imprint = brand.brand.imprint.as_ref().map_or("", Imprint::as_str);
        Self {
            maker: to_single_line(brand.maker.as_deref().unwrap_or_default()),
            imprint: imprint.lines().map(to_single_line).collect(),
            links: LegalLink::of_brand(&brand.brand, said),
        }
    }
}
