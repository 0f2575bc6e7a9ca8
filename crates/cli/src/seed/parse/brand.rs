//! The parser of brands and pictures.
//!
//! Not here: whether a file is a picture, which the service decides. Invariant: a path is read once.

use super::SeedParser;
use crate::seed::file_format::{BrandToml, SeedFile};
use opendrs_domain::brand::{Accent, Brand, LegalLinks, MailSender};
use opendrs_domain::text::Imprint;
use opendrs_service::seed::{PictureOwner, PictureSeed};
use toml::Spanned;

impl SeedParser<'_> {
    pub(super) fn parse_brand(&self, brand: BrandToml) -> Result<Brand, String> {
        let accent = brand.accent.as_ref().map(|text| {
            let refuse = |error| self.error_at(text, "accent", format!("`{}` {error}", text.get_ref()));
            Accent::parse(text.get_ref()).or_else(refuse)
        });
        let imprint = brand.imprint.as_ref().map(|text| {
            // A file from Windows has other ends of lines.
            let lines = text.get_ref().replace("\r\n", "\n");
            Imprint::parse(lines.trim_end()).or_else(|error| self.error_at(text, "imprint", error))
        });
        Ok(Brand {
            logo: None,
            accent: accent.transpose()?,
            links: LegalLinks {
                privacy: brand.privacy_url.map(Spanned::into_inner),
                terms: brand.terms_url.map(Spanned::into_inner),
                withdrawal: brand.withdrawal_url.map(Spanned::into_inner),
                contact: brand.contact_url.map(Spanned::into_inner),
            },
            imprint: imprint.transpose()?,
            sender: MailSender { name: brand.sender_name, address: brand.sender_address, reply_to: brand.reply_to },
        })
    }

    /// Reads the pictures of makers, models and products. An empty path removes a picture.
    pub(super) fn parse_pictures(&self, file: &SeedFile) -> Result<Vec<PictureSeed>, String> {
        let mut named = Vec::new();
        for maker in &file.maker {
            let name = maker.name.get_ref();
            let logo = maker.brand.as_ref().and_then(|brand| brand.logo.as_ref());
            named.extend(logo.map(|path| (PictureOwner::Maker(name.clone()), path)));
            for model in &maker.model {
                let owner = PictureOwner::Model { maker: name.clone(), code: model.id.get_ref().clone() };
                named.extend(model.picture.as_ref().map(|path| (owner, path)));
            }
        }
        for product in &file.product {
            let owner = PictureOwner::Product(product.asin.get_ref().clone());
            named.extend(product.picture.as_ref().map(|path| (owner, path)));
        }
        named.into_iter().map(|(owner, path)| self.parse_picture(owner, path)).collect()
    }

    fn parse_picture(&self, owner: PictureOwner, path: &Spanned<String>) -> Result<PictureSeed, String> {
        let file = match path.get_ref().as_str() {
            "" => None,
            text => Some((self.read_picture)(text).or_else(|why| self.error_at(path, owner.key(), why))?),
        };
        Ok(PictureSeed { line: self.line_of(path), owner, file })
    }
}
