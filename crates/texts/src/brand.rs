//! The texts of a brand: the legal footer of pages and mails.

use super::Text;

/// Texts of the legal footer.
pub struct BrandTexts {
    /// Accessible name of the footer's links.
    pub legal: Text,
    /// Link to the privacy notice.
    pub privacy: Text,
    /// Link to the terms.
    pub terms: Text,
    /// Link to the withdrawal policy.
    pub withdrawal: Text,
    /// Link to where customers get help.
    pub contact: Text,
    /// Title of the fold with the imprint.
    pub imprint: Text,
}
