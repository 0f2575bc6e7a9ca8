//! The accent of a brand: the colour of its buttons and links, and its variants for the light and the dark scheme.
//!
//! Invariant: text in a variant has a contrast of at least 4.5:1 on each surface that pages and mails have, and so has
//! the label of a button (WCAG 2.2, 1.4.3). The variants follow from the accent alone.

use super::Colour;
use serde::{Serialize, Serializer};
use std::fmt;
use thiserror::Error;

/// The least contrast of text.
const MIN_CONTRAST: f64 = 4.5;

/// The light surface, on which accents are judged. It is also the label of a button.
const SURFACE: Colour = Colour::WHITE;
/// The light background of pages.
const BACKGROUND: Colour = Colour::new(0xf5, 0xf6, 0xf8);
/// The dark surface. The dark background is darker, so a colour that is legible here is legible there.
const DARK_SURFACE: Colour = Colour::new(0x16, 0x1a, 0x20);
/// The label of a button in the dark scheme.
const DARK_LABEL: Colour = Colour::new(0x06, 0x12, 0x1f);

/// A colour with enough contrast for text on white, and for white text on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent(Colour);

/// Why a text is no accent.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum AccentError {
    /// It is not a colour.
    #[error("must be a colour as #rrggbb, such as #0a5bd3")]
    NotAColour,
    /// Its contrast to white is too low. The figure is rounded down, to two digits.
    #[error("has a contrast of {ratio:.2}:1 on white; it needs at least 4.5:1, so choose a darker colour")]
    LowContrast {
        /// The contrast.
        ratio: f64,
    },
}

/// The colours of one scheme that follow from an accent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccentTones {
    /// The ground of buttons, and lines.
    pub fill: Colour,
    /// Text: links and quiet buttons.
    pub text: Colour,
    /// Both while the pointer is on them.
    pub hover: Colour,
    /// The label of a button.
    pub label: Colour,
    /// The ground of what is chosen.
    pub soft: Colour,
}

/// The colours that follow from an accent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccentPalette {
    /// In the light scheme. The ground of buttons is the accent itself.
    pub light: AccentTones,
    /// In the dark scheme: a lighter variant.
    pub dark: AccentTones,
}

impl Accent {
    /// Reads `#rrggbb`.
    ///
    /// # Errors
    /// [`AccentError`] if it is no colour, or its contrast to white is below 4.5:1.
    pub fn parse(text: &str) -> Result<Self, AccentError> {
        let colour = Colour::parse(text).ok_or(AccentError::NotAColour)?;
        let contrast = colour.contrast(SURFACE);
        if contrast < MIN_CONTRAST {
            return Err(AccentError::LowContrast { ratio: (contrast * 100.0).floor() / 100.0 });
        }
        Ok(Self(colour))
    }

    /// The colour itself.
    #[must_use]
    pub fn colour(self) -> Colour {
        self.0
    }

    /// The colours of both schemes.
    #[must_use]
    pub fn palette(self) -> AccentPalette {
        AccentPalette { light: self.light(), dark: self.dark() }
    }

    fn light(self) -> AccentTones {
        let soft = self.0.mixed_with(SURFACE, 90);
        let text = legible(self.0, &[SURFACE, BACKGROUND, soft], Colour::BLACK);
        let hover = legible(text.mixed_with(Colour::BLACK, 18), &[SURFACE, BACKGROUND, soft], Colour::BLACK);
        AccentTones { fill: self.0, text, hover, label: SURFACE, soft }
    }

    fn dark(self) -> AccentTones {
        let lifted = legible(self.0, &[DARK_SURFACE], Colour::WHITE);
        let soft = DARK_SURFACE.mixed_with(lifted, 12);
        let text = legible(lifted, &[DARK_SURFACE, soft], Colour::WHITE);
        let hover = text.mixed_with(Colour::WHITE, 25);
        AccentTones { fill: text, text, hover, label: DARK_LABEL, soft }
    }
}

impl fmt::Display for Accent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Accent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The first mixture of a colour with `end` that is legible on all grounds. `end` is legible on each.
fn legible(colour: Colour, grounds: &[Colour], end: Colour) -> Colour {
    let mixtures = (0..=100).map(|percent| colour.mixed_with(end, percent));
    let fits = |mixture: &Colour| grounds.iter().all(|ground| mixture.contrast(*ground) >= MIN_CONTRAST);
    mixtures.into_iter().find(fits).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_accent_below_the_contrast_is_refused_with_the_figure() {
        for (text, error) in [
            ("#777777", "has a contrast of 4.47:1 on white; it needs at least 4.5:1, so choose a darker colour"),
            ("#ffd400", "has a contrast of 1.43:1 on white; it needs at least 4.5:1, so choose a darker colour"),
            ("blue", "must be a colour as #rrggbb, such as #0a5bd3"),
        ] {
            assert_eq!(Accent::parse(text).unwrap_err().to_string(), error, "{text}");
        }
        assert_eq!(Accent::parse("#767676").unwrap().to_string(), "#767676");
    }

    #[test]
    fn a_button_has_the_accent_itself_and_the_dark_scheme_a_lighter_one() {
        let accent = Accent::parse("#0b6e4f").unwrap();
        let AccentPalette { light, dark } = accent.palette();
        assert_eq!((light.fill, light.label), (accent.colour(), Colour::WHITE));
        assert!(accent.colour().contrast(DARK_SURFACE) < MIN_CONTRAST, "unchanged, it would be too dark");
        assert!(dark.fill.contrast(Colour::BLACK) > light.fill.contrast(Colour::BLACK));
    }

    proptest! {
        #[test]
        fn every_accent_is_legible_in_both_schemes(red: u8, green: u8, blue: u8) {
            let colour = Colour::new(red, green, blue);
            prop_assume!(colour.contrast(Colour::WHITE) >= MIN_CONTRAST);
            let AccentPalette { light, dark } = Accent(colour).palette();
            let dark_background = Colour::new(0x0d, 0x10, 0x14);
            for (scheme, tones, grounds) in
                [("light", light, [SURFACE, BACKGROUND]), ("dark", dark, [DARK_SURFACE, dark_background])]
            {
                for (part, ink) in [("text", tones.text), ("hover", tones.hover)] {
                    for ground in grounds.into_iter().chain([tones.soft]) {
                        let contrast = ink.contrast(ground);
                        prop_assert!(contrast >= MIN_CONTRAST, "{scheme}: {part} {ink} on {ground}: {contrast}");
                    }
                }
                for ground in [tones.fill, tones.hover] {
                    let contrast = tones.label.contrast(ground);
                    prop_assert!(contrast >= MIN_CONTRAST, "{scheme}: label on {ground}: {contrast}");
                }
            }
        }
    }
}
