//! Pictures: checked by decoding them, and stored as new files.
//!
//! Not here: limits, which are rules of the domain. Invariant: what is stored was encoded here. So it has no metadata,
//! and nothing that its file had beside the picture.

use crate::{App, Result};
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngDecoder, PngEncoder};
use image::codecs::webp::WebPDecoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, Limits};
use opendrs_domain::id::ModelId;
use opendrs_domain::picture::{
    Picture, PictureError, PictureFormat, PictureHash, PictureSize, PictureUse, SourceFormat, check_declared_size,
    check_file_length,
};
use opendrs_domain::text::Asin;
use opendrs_store::{model, picture, product};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::io::Cursor;

pub use opendrs_store::picture::StoredPicture;

/// The quality of stored JPEG files, from 1 to 100.
const JPEG_QUALITY: u8 = 85;
/// The most memory that a decoder may use, in bytes.
const MAX_DECODER_MEMORY: u64 = 256 * 1024 * 1024;

/// A picture that is ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPicture {
    /// The picture.
    pub picture: Picture,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl NewPicture {
    /// The row of the store.
    pub(crate) fn to_stored(&self) -> StoredPicture {
        StoredPicture { hash: self.picture.hash, format: self.picture.format, bytes: self.bytes.clone() }
    }
}

/// Finds a picture.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn find(app: &App, hash: PictureHash) -> Result<Option<StoredPicture>> {
    let mut reader = app.db.reader().await?;
    Ok(picture::find(&mut reader.tx()?, hash).await?)
}

/// The picture of a product, if there is one.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn find_of_product(app: &App, asin: &Asin) -> Result<Option<Picture>> {
    let mut reader = app.db.reader().await?;
    Ok(product::find_by_asin(&mut reader.tx()?, asin).await?.and_then(|product| product.picture))
}

/// The pictures of device models. Models without one are left out.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list_of_models(app: &App, ids: &BTreeSet<ModelId>) -> Result<HashMap<ModelId, Picture>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let mut pictures = HashMap::new();
    for id in ids {
        let picture = model::find_by_id(&mut tx, *id).await?.and_then(|model| model.picture);
        pictures.extend(picture.map(|picture| (*id, picture)));
    }
    Ok(pictures)
}

/// Checks a file, scales its picture down if it is too large, and encodes it again. A picture from JPEG, or from WebP
/// without transparency, becomes JPEG; any other becomes PNG.
///
/// # Errors
/// [`PictureError`].
pub fn encode(file: &[u8], purpose: PictureUse) -> Result<NewPicture, PictureError> {
    check_file_length(file.len())?;
    let format = SourceFormat::recognise(file)?;
    let image = decode(file, format)?;
    let lossy = match format {
        SourceFormat::Png => false,
        SourceFormat::Jpeg => true,
        SourceFormat::WebP => !image.color().has_alpha(),
    };
    let found = PictureSize { width: image.width(), height: image.height() };
    let size = purpose.stored_size(found);
    let image = if size == found { image } else { image.resize_exact(size.width, size.height, FilterType::Lanczos3) };
    let mut bytes = Vec::new();
    let format = if lossy { PictureFormat::Jpeg } else { PictureFormat::Png };
    let written = match format {
        PictureFormat::Jpeg => {
            let image = DynamicImage::ImageRgb8(image.into_rgb8());
            image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))
        }
        PictureFormat::Png => {
            let image = without_deep_colours(image);
            let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, PngFilter::Adaptive);
            image.write_with_encoder(encoder)
        }
    };
    written.map_err(|_| PictureError::Damaged)?;
    let picture = Picture { hash: hash_of(&bytes), format, size };
    Ok(NewPicture { picture, bytes })
}

/// A picture of the store, as a file declares it again. Its bytes stay, since another encoding would change them.
pub(crate) fn from_stored(stored: StoredPicture) -> Result<NewPicture, PictureError> {
    let format = SourceFormat::recognise(&stored.bytes)?;
    let (width, height) = open(&stored.bytes, format)?.dimensions();
    let picture = Picture { hash: stored.hash, format: stored.format, size: PictureSize { width, height } };
    Ok(NewPicture { picture, bytes: stored.bytes })
}

/// The hash by which a file would be stored as it is.
pub(crate) fn hash_of(file: &[u8]) -> PictureHash {
    PictureHash(Sha256::digest(file).into())
}

/// The name of a stored picture's file: its hash, and the extension of its format.
#[must_use]
pub fn file_name(bytes: &[u8]) -> String {
    let extension = if bytes.starts_with(b"\xff\xd8") { PictureFormat::Jpeg } else { PictureFormat::Png };
    format!("{}.{}", hash_of(bytes), extension.extension())
}

fn decode(file: &[u8], format: SourceFormat) -> Result<DynamicImage, PictureError> {
    let mut decoder = open(file, format)?;
    let (width, height) = decoder.dimensions();
    check_declared_size(PictureSize { width, height })?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODER_MEMORY);
    decoder.set_limits(limits).map_err(|_| PictureError::Damaged)?;
    // Cameras note how a photograph is to be turned. The note is metadata, and is lost.
    let turned = decoder.orientation().map_err(|_| PictureError::Damaged)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| PictureError::Damaged)?;
    image.apply_orientation(turned);
    Ok(image)
}

/// Reads the head of a file.
fn open(file: &[u8], format: SourceFormat) -> Result<Box<dyn ImageDecoder + '_>, PictureError> {
    let file = Cursor::new(file);
    let opened: image::ImageResult<Box<dyn ImageDecoder>> = match format {
        SourceFormat::Png => PngDecoder::new(file).map(|decoder| Box::new(decoder) as _),
        SourceFormat::Jpeg => JpegDecoder::new(file).map(|decoder| Box::new(decoder) as _),
        SourceFormat::WebP => WebPDecoder::new(file).map(|decoder| Box::new(decoder) as _),
    };
    opened.map_err(|_| PictureError::Damaged)
}

/// Reduces a picture to 8 bits a channel.
fn without_deep_colours(image: DynamicImage) -> DynamicImage {
    let colour = image.color();
    match (colour.has_color(), colour.has_alpha()) {
        (true, true) => DynamicImage::ImageRgba8(image.into_rgba8()),
        (true, false) => DynamicImage::ImageRgb8(image.into_rgb8()),
        (false, true) => DynamicImage::ImageLumaA8(image.into_luma_alpha8()),
        (false, false) => DynamicImage::ImageLuma8(image.into_luma8()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, Rgba, RgbaImage};

    fn file(width: u32, height: u32, alpha: u8, format: ImageFormat) -> Vec<u8> {
        let image = RgbaImage::from_fn(width, height, |x, y| {
            let part = |n: u32| u8::try_from(n % 256).unwrap_or_default();
            Rgba([part(x * 7), part(y * 5), part(x + y), alpha])
        });
        let image = DynamicImage::ImageRgba8(image);
        let image = if format == ImageFormat::Jpeg || alpha == 255 {
            DynamicImage::ImageRgb8(image.into_rgb8())
        } else {
            image
        };
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn each_format_becomes_one_that_mail_programs_show() {
        for (source, alpha, stored) in [
            (ImageFormat::Png, 255, PictureFormat::Png),
            (ImageFormat::Png, 120, PictureFormat::Png),
            (ImageFormat::Jpeg, 255, PictureFormat::Jpeg),
            (ImageFormat::WebP, 255, PictureFormat::Jpeg),
            (ImageFormat::WebP, 120, PictureFormat::Png),
        ] {
            let new = encode(&file(40, 20, alpha, source), PictureUse::Thing).unwrap();
            assert_eq!((new.picture.format, new.picture.size), (stored, PictureSize { width: 40, height: 20 }));
            assert_eq!(new.picture.hash, hash_of(&new.bytes), "{source:?}");
            let shown = image::load_from_memory(&new.bytes).unwrap();
            assert_eq!((shown.width(), shown.height()), (40, 20), "{source:?}");
        }
    }

    #[test]
    fn a_large_picture_is_scaled_down() {
        let new = encode(&file(1000, 500, 255, ImageFormat::Jpeg), PictureUse::Thing).unwrap();
        assert_eq!(new.picture.size, PictureSize { width: 800, height: 400 });
        assert_eq!(image::load_from_memory(&new.bytes).unwrap().width(), 800);
        let logo = encode(&file(1000, 500, 255, ImageFormat::Jpeg), PictureUse::Logo).unwrap();
        assert_eq!(logo.picture.size, PictureSize { width: 320, height: 160 });
    }

    #[test]
    fn what_a_file_has_beside_its_picture_is_gone() {
        let script = b"<script>alert(1)</script>";
        let mut polyglot = file(10, 10, 255, ImageFormat::Png);
        polyglot.extend_from_slice(script);
        let new = encode(&polyglot, PictureUse::Thing).unwrap();
        assert!(!new.bytes.windows(script.len()).any(|part| part == script));
        let mut photograph = file(10, 20, 255, ImageFormat::Jpeg);
        // An EXIF segment: the photograph is to be turned by a quarter (6), and has a note of its camera.
        let exif = b"\xff\xe1\x00\x2aExif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00CAMERA";
        photograph.splice(2..2, exif.iter().copied());
        let new = encode(&photograph, PictureUse::Thing).unwrap();
        assert_eq!(new.picture.size, PictureSize { width: 20, height: 10 }, "it is turned");
        assert!(
            !new.bytes.windows(6).any(|part| part == b"CAMERA") && !new.bytes.windows(4).any(|part| part == b"Exif")
        );
    }

    #[test]
    fn a_stored_picture_that_is_declared_again_keeps_its_bytes() {
        let new = encode(&file(40, 20, 255, ImageFormat::Jpeg), PictureUse::Thing).unwrap();
        assert_eq!(from_stored(new.to_stored()).unwrap(), new);
        let again = encode(&new.bytes, PictureUse::Thing).unwrap();
        assert_ne!(again.picture.hash, new.picture.hash, "another encoding would differ");
    }

    #[test]
    fn files_that_are_no_picture_or_too_large_are_refused() {
        let mut bomb = file(1, 1, 255, ImageFormat::Png);
        // The head declares 60,000 × 60,000 pixels; its checksum follows.
        bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        let checksum = crc32(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&checksum.to_be_bytes());
        let whole = file(40, 20, 255, ImageFormat::Png);
        for (bad, error) in [
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), PictureError::UnknownFormat),
            (b"GIF89a\x01\x00\x01\x00".to_vec(), PictureError::UnknownFormat),
            (vec![0; 1024 * 1024 + 1], PictureError::TooManyBytes { bytes: 1024 * 1024 + 1 }),
            (bomb, PictureError::TooManyPixels { width: 60_000, height: 60_000 }),
            (whole[..60].to_vec(), PictureError::Damaged),
            (b"\xff\xd8\xff".to_vec(), PictureError::Damaged),
            (b"RIFF\x04\x00\x00\x00WEBP".to_vec(), PictureError::Damaged),
        ] {
            assert_eq!(encode(&bad, PictureUse::Thing).unwrap_err(), error);
        }
    }

    fn crc32(bytes: &[u8]) -> u32 {
        let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
    }
}
