//! Colours, and the contrast of two of them as WCAG 2.2 defines it.
//!
//! Invariant: a colour is opaque, in sRGB.

use std::fmt;

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

impl Colour {
    /// White.
    pub const WHITE: Colour = Colour::new(0xff, 0xff, 0xff);
    /// Black.
    pub const BLACK: Colour = Colour::new(0, 0, 0);

    /// Makes a colour from its parts, each from 0 to 255.
    #[must_use]
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads `#rrggbb`; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self::new(part(0)?, part(2)?, part(4)?))
    }

    /// The contrast of two colours: from 1 (the same) to 21 (black and white). The order does not matter.
    #[must_use]
    pub fn contrast(self, other: Colour) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The relative luminance, from 0 to 1.
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let share = f64::from(part) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// A mixture with another colour, of which it has this many per cent.
    #[must_use]
    pub fn mixed_with(self, other: Colour, percent: u8) -> Colour {
        let share = u32::from(percent.min(100));
        let mix = |a: u8, b: u8| {
            let sum = u32::from(a) * (100 - share) + u32::from(b) * share;
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        Colour::new(mix(self.red, other.red), mix(self.green, other.green), mix(self.blue, other.blue))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrasts_are_those_of_wcag() {
        let colour = |text: &str| Colour::parse(text).unwrap();
        for (a, b, contrast) in [
            ("#000000", "#ffffff", 21.0),
            ("#ffffff", "#ffffff", 1.0),
            ("#767676", "#ffffff", 4.54),
            ("#777777", "#ffffff", 4.48),
            ("#0a5bd3", "#ffffff", 6.09),
            ("#ff0000", "#ffffff", 4.0),
        ] {
            let found = colour(a).contrast(colour(b));
            assert!((found - contrast).abs() < 0.01, "{a} on {b}: {found}");
            assert!((found - colour(b).contrast(colour(a))).abs() < f64::EPSILON, "{a} and {b} in either order");
        }
    }

    #[test]
    fn only_six_digits_are_a_colour() {
        assert_eq!(Colour::parse("#0A5bd3").unwrap().to_string(), "#0a5bd3");
        for text in ["", "#", "0a5bd3", "#0a5", "#0a5bd3ff", "#0a5bdg", "red", "#+a5bd3", "#ääa", " #0a5bd3"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_mixture_goes_from_one_colour_to_the_other() {
        let (black, white) = (Colour::BLACK, Colour::WHITE);
        assert_eq!(black.mixed_with(white, 0), black);
        assert_eq!(black.mixed_with(white, 50).to_string(), "#808080");
        assert_eq!(black.mixed_with(white, 100), white);
    }
}
