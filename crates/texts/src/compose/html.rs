//! The HTML of a mail: a table of 600 pixels, as old mail programs need it, with a light and a dark scheme.
//!
//! Not here: the content. Invariant: the HTML loads nothing from any server. The logo is a part of the mail, or the
//! preview's own picture.

use super::ComposedMail;
use askama::Template;
use opendrs_domain::brand::{AccentPalette, AccentTones, Colour};
use opendrs_domain::picture::PictureSize;

/// The id by which the HTML names the logo among the parts of the mail.
pub const LOGO_CONTENT_ID: &str = "logo";

/// The largest size in which a logo is shown.
const LOGO_SIZE: PictureSize = PictureSize { width: 200, height: 48 };

/// The tones of a mail without an accent of its own: those of the pages.
const DEFAULT_PALETTE: AccentPalette = AccentPalette {
    light: AccentTones {
        fill: Colour::new(0x0a, 0x5b, 0xd3),
        text: Colour::new(0x0a, 0x5b, 0xd3),
        hover: Colour::new(0x08, 0x4c, 0xb1),
        label: Colour::WHITE,
        soft: Colour::new(0xe7, 0xf0, 0xfe),
    },
    dark: AccentTones {
        fill: Colour::new(0x7f, 0xb2, 0xff),
        text: Colour::new(0x7f, 0xb2, 0xff),
        hover: Colour::new(0xa5, 0xc9, 0xff),
        label: Colour::new(0x06, 0x12, 0x1f),
        soft: Colour::new(0x14, 0x25, 0x3f),
    },
};

/// Which scheme the HTML has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourScheme {
    /// The one that the reader prefers, as mails are sent.
    Preferred,
    /// The light one, for a preview.
    Light,
    /// The dark one, for a preview.
    Dark,
}

impl ColourScheme {
    /// The condition under which the dark colours apply.
    fn dark_condition(self) -> &'static str {
        match self {
            ColourScheme::Preferred => "(prefers-color-scheme: dark)",
            ColourScheme::Light => "not all",
            ColourScheme::Dark => "all",
        }
    }
}

/// How the HTML of a mail looks, apart from its brand.
#[derive(Clone, Copy, Debug)]
pub struct MailLook<'a> {
    /// The URL of the logo: `cid:` and [`LOGO_CONTENT_ID`] where it is a part of the mail.
    pub logo_url: &'a str,
    /// The scheme.
    pub scheme: ColourScheme,
}

/// The logo, with the size in which it is shown.
struct ShownLogo<'a> {
    url: &'a str,
    size: PictureSize,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct HtmlTemplate<'a> {
    words: &'a ComposedMail,
    palette: AccentPalette,
    logo: Option<ShownLogo<'a>>,
    dark_condition: &'static str,
}

impl ComposedMail {
    /// Renders the mail as HTML, as it is sent.
    ///
    /// # Errors
    /// [`askama::Error`].
    pub fn to_html(&self) -> askama::Result<String> {
        let logo_url = format!("cid:{LOGO_CONTENT_ID}");
        self.to_html_with(MailLook { logo_url: &logo_url, scheme: ColourScheme::Preferred })
    }

    /// Renders the mail as HTML with a given look.
    ///
    /// # Errors
    /// [`askama::Error`].
    pub fn to_html_with(&self, look: MailLook<'_>) -> askama::Result<String> {
        let logo = self.logo.map(|logo| ShownLogo { url: look.logo_url, size: LOGO_SIZE.fitting(logo.size) });
        let palette = self.palette.unwrap_or(DEFAULT_PALETTE);
        HtmlTemplate { words: self, palette, logo, dark_condition: look.scheme.dark_condition() }.render()
    }
}
