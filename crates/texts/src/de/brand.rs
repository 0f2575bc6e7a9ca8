//! German texts of the legal footer.

use crate::BrandTexts;

pub const BRAND_TEXTS: BrandTexts = BrandTexts {
    legal: "Rechtliches",
    privacy: "Datenschutzerklärung",
    terms: "AGB",
    withdrawal: "Widerrufsbelehrung",
    contact: "Kontakt",
    imprint: "Impressum",
};
