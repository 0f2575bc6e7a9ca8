//! English texts of the legal footer.

use crate::BrandTexts;

pub const BRAND_TEXTS: BrandTexts = BrandTexts {
    legal: "Legal information",
    privacy: "Privacy notice",
    terms: "Terms and conditions",
    withdrawal: "Right of withdrawal",
    contact: "Contact us",
    imprint: "Company details",
};
