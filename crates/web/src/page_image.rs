//! Pictures as pages show them, and files that browsers keep for ever.
//!
//! Not here: which pictures there are. Invariant: the path of a picture names its content. The type is ours, and browsers
//! must not guess another.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use opendrs_domain::picture::Picture;

/// A picture of a page.
pub(super) struct PageImage {
    /// Its path.
    pub(super) src: String,
    /// Its width in pixels.
    pub(super) width: u32,
    /// Its height in pixels.
    pub(super) height: u32,
}

impl PageImage {
    /// Returns a stored picture for a page.
    pub(super) fn new(picture: &Picture) -> Self {
        let (src, size) = (picture_path(picture), picture.size);
        Self { src, width: size.width, height: size.height }
    }

    /// Returns the picture of something, if it has one.
    pub(super) fn of(picture: Option<&Picture>) -> Option<Self> {
        picture.map(Self::new)
    }
}

/// Returns the path of a picture.
pub(super) fn picture_path(picture: &Picture) -> String {
    format!("/-/picture/{}", picture.file_name())
}

/// Returns a file that browsers keep for ever.
pub(super) fn immutable_file(media_type: &'static str, content: impl Into<Body>) -> Response {
    let mut response = content.into().into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}
