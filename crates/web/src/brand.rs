//! The brand of a page: logo, accent, legal footer, and the icon that is the same for all. The accent is a stylesheet of its own, since the Content Security
//! Policy allows no styles in pages.
//!
//! Not here: which maker's brand it is ([`super::page_context`]). Invariant: the path of an accent names the colour and
//! the content, so that browsers may keep it for ever. It follows from the path alone, and costs the store nothing.

use super::page_image::{PageImage, immutable_file};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use opendrs_domain::brand::MakerBrand;
use opendrs_domain::brand::{Accent, AccentTones};
use opendrs_domain::text::Imprint;
use opendrs_texts::ReaderTexts;
use opendrs_texts::compose::LegalLink;
use sha2::{Digest, Sha256};

/// The brand of a page.
#[derive(Default)]
pub(super) struct PageBrand {
    /// The name in the header: the maker's, or the service's where no maker is concerned.
    pub(super) name: String,
    /// The logo in place of the name.
    pub(super) logo: Option<PageImage>,
    /// The path of the accent's stylesheet.
    pub(super) stylesheet: Option<String>,
    /// The links of the footer.
    pub(super) links: Vec<LegalLink>,
    /// The lines of the imprint.
    pub(super) imprint: Vec<String>,
}

impl PageBrand {
    /// Returns a brand for a page in a language.
    pub(super) fn new(brand: &MakerBrand, texts: &ReaderTexts) -> Self {
        let MakerBrand { maker, brand } = brand;
        Self {
            name: maker.clone().unwrap_or_else(|| texts.missing.home_title.to_owned()),
            logo: brand.logo.as_ref().map(PageImage::new),
            stylesheet: brand.accent.map(accent_path),
            links: LegalLink::of_brand(brand, &texts.brand),
            imprint: brand.imprint.as_ref().map_or("", Imprint::as_str).lines().map(str::to_owned).collect(),
        }
    }

    /// Whether the page has a legal footer.
    pub(super) fn has_legal(&self) -> bool {
        !self.links.is_empty() || !self.imprint.is_empty()
    }
}

/// The stylesheet of an accent: the tokens of `style.css` that follow from it.
fn accent_stylesheet(accent: Accent) -> String {
    let tokens = |tones: AccentTones| {
        let AccentTones { fill, text, hover, label, soft } = tones;
        format!("--accent:{fill};--link:{text};--accent-hover:{hover};--on-accent:{label};--accent-soft:{soft}")
    };
    let palette = accent.palette();
    let (light, dark) = (tokens(palette.light), tokens(palette.dark));
    format!(":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n")
}

/// The name of an accent's stylesheet: its colour, and the hash of the content.
fn accent_file(accent: Accent) -> String {
    let hash: String =
        Sha256::digest(accent_stylesheet(accent))[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{hash}.css", accent.to_string().trim_start_matches('#'))
}

fn accent_path(accent: Accent) -> String {
    format!("/-/accent/{}", accent_file(accent))
}

/// The path of the icon that browsers show beside a page's title. Without one they would ask for `/favicon.ico`.
pub(super) const ICON_PATH: &str = "/-/icon.svg";

/// Serves the icon.
pub(super) async fn icon() -> Response {
    immutable_file("image/svg+xml", include_str!("../static/icon.svg"))
}

/// Serves the stylesheet of an accent. A name of another version of this program is not found.
pub(super) async fn accent(Path(name): Path<String>) -> Response {
    let colour = name.split('-').next().unwrap_or_default();
    match Accent::parse(&format!("#{colour}")) {
        Ok(accent) if accent_file(accent) == name => {
            immutable_file("text/css; charset=utf-8", accent_stylesheet(accent))
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accent_sets_the_tokens_of_both_schemes() {
        let css = accent_stylesheet(Accent::parse("#0b6e6e").unwrap());
        assert!(css.starts_with(":root{--accent:#0b6e6e;--link:#0b6e6e;"), "{css}");
        assert_eq!(css.matches("--accent:").count(), 2, "{css}");
    }

    #[test]
    fn another_accent_has_another_path() {
        let [a, b] = ["#0b6e6e", "#7a1f5c"].map(|text| accent_path(Accent::parse(text).unwrap()));
        assert!(a.starts_with("/-/accent/0b6e6e-") && b.starts_with("/-/accent/7a1f5c-") && a != b, "{a} {b}");
    }
}
