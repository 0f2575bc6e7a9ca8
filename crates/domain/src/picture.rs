//! Pictures of models and products, and logos: which files are accepted, how large they become, and how they are named.
//!
//! Not here: decoding and encoding, which belong to the service. Invariant: a picture is named by the hash of its bytes,
//! so that the bytes of a name never change.

use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// The largest file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;
/// The largest number of pixels that is decoded.
pub const MAX_PIXELS: u64 = 16_000_000;

/// What a picture shows. It decides how large the picture may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureUse {
    /// A logo, in the header of pages and mails.
    Logo,
    /// A model or product.
    Thing,
}

/// A width and a height in pixels, each at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureSize {
    /// The width.
    pub width: u32,
    /// The height.
    pub height: u32,
}

impl PictureUse {
    /// The largest size in which such a picture is stored.
    fn largest(self) -> PictureSize {
        match self {
            PictureUse::Logo => PictureSize { width: 480, height: 160 },
            PictureUse::Thing => PictureSize { width: 800, height: 800 },
        }
    }

    /// The size in which a picture is stored: its own, or scaled down in proportion.
    #[must_use]
    pub fn stored_size(self, found: PictureSize) -> PictureSize {
        self.largest().fitting(found)
    }
}

impl PictureSize {
    /// The size of a picture inside this one: its own, or scaled down in proportion.
    #[must_use]
    pub fn fitting(self, picture: PictureSize) -> PictureSize {
        let wide = f64::from(self.width) / f64::from(picture.width.max(1));
        let high = f64::from(self.height) / f64::from(picture.height.max(1));
        let scale = wide.min(high).min(1.0);
        // The result is at most the side itself, so the conversion cannot overflow.
        let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
        PictureSize { width: side(picture.width), height: side(picture.height) }
    }
}

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    WebP,
}

impl SourceFormat {
    /// Recognises a file by its first bytes. Its name does not matter.
    ///
    /// # Errors
    /// [`PictureError::UnknownFormat`] for every other format.
    pub fn recognise(file: &[u8]) -> Result<Self, PictureError> {
        if file.starts_with(b"\x89PNG\r\n\x1a\n") {
            Ok(Self::Png)
        } else if file.starts_with(b"\xff\xd8\xff") {
            Ok(Self::Jpeg)
        } else if file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP") {
            Ok(Self::WebP)
        } else {
            Err(PictureError::UnknownFormat)
        }
    }
}

/// A format in which pictures are stored and served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
}

impl PictureFormat {
    /// The extension of the picture's name, without a dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            PictureFormat::Png => "png",
            PictureFormat::Jpeg => "jpg",
        }
    }

    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            PictureFormat::Png => "image/png",
            PictureFormat::Jpeg => "image/jpeg",
        }
    }

    /// Reads an extension.
    #[must_use]
    pub fn parse(extension: &str) -> Option<Self> {
        [Self::Png, Self::Jpeg].into_iter().find(|format| format.extension() == extension)
    }
}

/// Why a file is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PictureError {
    /// The file is too large.
    #[error("the file has {bytes} bytes; a picture has at most {MAX_FILE_BYTES}")]
    TooManyBytes {
        /// Its length.
        bytes: usize,
    },
    /// The file is in another format, or no picture.
    #[error("the file is no PNG, JPEG or WebP; other formats, such as SVG and GIF, are not accepted")]
    UnknownFormat,
    /// The picture has too many pixels.
    #[error("the picture has {width} × {height} pixels; at most {MAX_PIXELS} are decoded")]
    TooManyPixels {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// The file begins like a picture, but cannot be decoded.
    #[error("the picture cannot be decoded; the file may be damaged")]
    Damaged,
}

/// Checks the length of a file before it is decoded.
///
/// # Errors
/// [`PictureError::TooManyBytes`].
pub fn check_file_length(bytes: usize) -> Result<(), PictureError> {
    if bytes <= MAX_FILE_BYTES { Ok(()) } else { Err(PictureError::TooManyBytes { bytes }) }
}

/// Checks the size that a file declares before its pixels are decoded.
///
/// # Errors
/// [`PictureError::TooManyPixels`].
pub fn check_declared_size(size: PictureSize) -> Result<(), PictureError> {
    let PictureSize { width, height } = size;
    if u64::from(width) * u64::from(height) <= MAX_PIXELS {
        Ok(())
    } else {
        Err(PictureError::TooManyPixels { width, height })
    }
}

/// The hash of a stored picture's bytes: SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PictureHash(pub [u8; 32]);

impl PictureHash {
    /// Reads 64 hex digits in lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let lower = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != 64 || !text.bytes().all(lower) {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(Self(hash))
    }
}

impl fmt::Display for PictureHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A stored picture, as whoever shows it refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Picture {
    /// The hash of its bytes.
    pub hash: PictureHash,
    /// Its format.
    pub format: PictureFormat,
    /// Its size.
    pub size: PictureSize,
}

impl Picture {
    /// The name of its file: hash and extension.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.{}", self.hash, self.format.extension())
    }

    /// Reads the form of [`Picture`]'s `Display`: name, space, width, `x`, height.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, size) = text.split_once(' ')?;
        let (hash, extension) = name.split_once('.')?;
        let (width, height) = size.split_once('x')?;
        let side = |text: &str| text.parse().ok().filter(|side| *side > 0);
        Some(Self {
            hash: PictureHash::parse(hash)?,
            format: PictureFormat::parse(extension)?,
            size: PictureSize { width: side(width)?, height: side(height)? },
        })
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}x{}", self.file_name(), self.size.width, self.size.height)
    }
}

impl TryFrom<String> for Picture {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` names no picture"))
    }
}

impl From<Picture> for String {
    fn from(picture: Picture) -> String {
        picture.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> PictureSize {
        PictureSize { width, height }
    }

    #[test]
    fn a_file_is_recognised_by_its_first_bytes() {
        for (file, format) in [
            (b"\x89PNG\r\n\x1a\nrest".as_slice(), SourceFormat::Png),
            (b"\xff\xd8\xff\xe0", SourceFormat::Jpeg),
            (b"RIFF\x00\x00\x00\x00WEBPVP8 ", SourceFormat::WebP),
        ] {
            assert_eq!(SourceFormat::recognise(file), Ok(format));
        }
        for file in [
            b"".as_slice(),
            b"<svg xmlns=",
            b"<?xml version=",
            b"GIF89a",
            b"RIFF\x00\x00\x00\x00WAVE",
            b"BM",
            b"\x89PN",
        ] {
            let error = SourceFormat::recognise(file).unwrap_err();
            assert!(error.to_string().contains("SVG and GIF, are not accepted"), "{file:?}: {error}");
        }
    }

    #[test]
    fn a_file_is_judged_before_it_is_decoded() {
        assert_eq!(check_file_length(MAX_FILE_BYTES), Ok(()));
        assert_eq!(check_file_length(MAX_FILE_BYTES + 1), Err(PictureError::TooManyBytes { bytes: 1_048_577 }));
        assert_eq!(check_declared_size(size(4000, 4000)), Ok(()));
        assert_eq!(
            check_declared_size(size(4000, 4001)),
            Err(PictureError::TooManyPixels { width: 4000, height: 4001 })
        );
        assert!(check_declared_size(size(u32::MAX, u32::MAX)).is_err());
    }

    #[test]
    fn a_picture_is_scaled_down_in_proportion_and_never_up() {
        for (found, stored) in
            [((10, 20), (10, 20)), ((800, 800), (800, 800)), ((1600, 400), (800, 200)), ((3, 4000), (1, 800))]
        {
            assert_eq!(PictureUse::Thing.stored_size(size(found.0, found.1)), size(stored.0, stored.1), "{found:?}");
        }
        assert_eq!(PictureUse::Logo.stored_size(size(960, 160)), size(480, 80));
        assert_eq!(PictureUse::Logo.stored_size(size(320, 320)), size(160, 160));
    }

    #[test]
    fn a_picture_comes_back_from_its_text() {
        let picture = Picture { hash: PictureHash([0xab; 32]), format: PictureFormat::Jpeg, size: size(800, 600) };
        let text = picture.to_string();
        assert_eq!(text, format!("{}.jpg 800x600", "ab".repeat(32)));
        assert_eq!(Picture::parse(&text), Some(picture));
        let bad = ["", &text.to_uppercase(), &text.replace("jpg", "svg"), &text.replace("800", "0"), &text[1..]];
        for text in bad {
            assert_eq!(Picture::parse(text), None, "{text}");
        }
    }
}
