//! The parser of seed files: from TOML text to declarations.
//!
//! Not here: whether a declaration fits the store. Invariant: the error of a refused value names its line and key.

use super::file_format::{ClientToml, CustomerToml, MakerToml, ModelToml, ProfileToml, SeedFile, SlotToml, TopicToml};
use opendrs_domain::id::{ClientId, CompositeId, ProfileId};
use opendrs_domain::language::Language;
use opendrs_domain::login::redirect;
use opendrs_domain::notification::NotificationType;
use opendrs_domain::profile::hash_secret;
use opendrs_domain::receiver::SignatureVersion;
use opendrs_domain::text::{Name, Unit};
use opendrs_domain::version::Version;
use opendrs_service::seed::{self as service, SeedPassword};
use toml::Spanned;

mod brand;
mod product;
mod translations;

/// Reads the file of a picture, which a seed names by its path.
pub type ReadPicture<'f> = &'f (dyn Fn(&str) -> Result<Vec<u8>, String> + Sync);

/// The text of a seed file, for the line numbers of errors, and the files beside it.
struct SeedParser<'t> {
    text: &'t str,
    read_picture: ReadPicture<'t>,
}

impl SeedParser<'_> {
    fn line_of<T>(&self, spanned: &Spanned<T>) -> usize {
        1 + self.text[..spanned.span().start.min(self.text.len())].matches('\n').count()
    }

    fn error_at<T, R>(&self, at: &Spanned<T>, key: &str, why: impl std::fmt::Display) -> Result<R, String> {
        Err(format!("line {}: {key}: {why}", self.line_of(at)))
    }

    /// Refuses a value that is declared twice.
    fn require_distinct<'s, T: 's, K: PartialEq + std::fmt::Display>(
        &self,
        all: impl Iterator<Item = (&'s Spanned<T>, K)>,
        key: &str,
    ) -> Result<(), String> {
        let mut seen: Vec<K> = Vec::new();
        for (at, value) in all {
            if seen.contains(&value) {
                return self.error_at(at, key, format!("`{value}` is declared twice"));
            }
            seen.push(value);
        }
        Ok(())
    }
}

/// Parses the text of a seed file.
pub(super) fn parse_seed(text: &str, read_picture: ReadPicture<'_>) -> Result<service::SeedDeclaration, String> {
    let file: SeedFile = toml::from_str(text).map_err(|e| e.to_string())?;
    let lines = SeedParser { text, read_picture };
    lines.require_distinct(file.maker.iter().map(|m| (&m.name, m.name.get_ref())), "name")?;
    lines.require_distinct(file.product.iter().map(|p| (&p.asin, p.asin.get_ref())), "asin")?;
    lines.require_distinct(file.customer.iter().map(|c| (&c.email, c.email.get_ref())), "email")?;
    let profiles = || file.maker.iter().flat_map(|m| &m.profile);
    lines.require_distinct(profiles().filter_map(|p| p.id.as_ref()).map(|id| (id, id.get_ref())), "id")?;
    lines.require_distinct(profiles().flat_map(|p| &p.topic).map(|t| (&t.name, t.name.get_ref())), "name")?;
    let models = file.maker.iter().flat_map(|m| &m.model);
    lines.require_distinct(
        models.filter_map(|m| m.composite_id.as_ref()).map(|id| (id, id.get_ref())),
        "composite_id",
    )?;
    let clients = profiles().flat_map(|p| &p.client);
    lines.require_distinct(clients.filter_map(|c| c.id.as_ref()).map(|id| (id, id.get_ref())), "id")?;
    let pictures = lines.parse_pictures(&file)?;
    Ok(service::SeedDeclaration {
        pictures,
        makers: file.maker.into_iter().map(|maker| lines.parse_maker(maker)).collect::<Result<_, _>>()?,
        products: file.product.into_iter().map(|product| lines.parse_product(product)).collect::<Result<_, _>>()?,
        customers: file
            .customer
            .into_iter()
            .map(|customer| lines.parse_customer(customer))
            .collect::<Result<_, _>>()?,
    })
}

impl SeedParser<'_> {
    fn parse_name(&self, name: &Spanned<String>) -> Result<String, String> {
        match Name::parse(name.get_ref()) {
            Ok(found) => Ok(found.into()),
            Err(error) => self.error_at(name, "name", error),
        }
    }

    fn parse_maker(&self, maker: MakerToml) -> Result<service::MakerSeed, String> {
        self.require_distinct(maker.profile.iter().map(|p| (&p.name, p.name.get_ref())), "name")?;
        self.require_distinct(maker.model.iter().map(|m| (&m.id, m.id.get_ref())), "id")?;
        Ok(service::MakerSeed {
            name: self.parse_name(&maker.name)?,
            brand: maker.brand.map(|brand| self.parse_brand(brand)).transpose()?,
            profiles: maker.profile.into_iter().map(|profile| self.parse_profile(profile)).collect::<Result<_, _>>()?,
            models: maker.model.into_iter().map(|model| self.parse_model(model)).collect::<Result<_, _>>()?,
        })
    }

    fn parse_profile(&self, profile: ProfileToml) -> Result<service::ProfileSeed, String> {
        let id = match &profile.id {
            Some(id) => Some(ProfileId::parse(id.get_ref()).or_else(|e| self.error_at(id, "id", e))?),
            None => None,
        };
        if let Some(url) = &profile.privacy_url
            && !(url.get_ref().starts_with("https://") || url.get_ref().starts_with("http://"))
        {
            return self.error_at(url, "privacy_url", "must begin with https:// or http://");
        }
        self.require_distinct(profile.client.iter().filter_map(|c| c.name.as_ref()).map(|n| (n, n.get_ref())), "name")?;
        Ok(service::ProfileSeed {
            line: self.line_of(&profile.name),
            name: self.parse_name(&profile.name)?,
            id,
            privacy_url: profile.privacy_url.map(Spanned::into_inner),
            clients: profile.client.into_iter().map(|client| self.parse_client(client)).collect::<Result<_, _>>()?,
            receivers: profile.topic.into_iter().map(|topic| self.parse_topic(topic)).collect::<Result<_, _>>()?,
        })
    }

    fn parse_topic(&self, topic: TopicToml) -> Result<service::ReceiverSeed, String> {
        let signature = match &topic.signature_version {
            Some(text) => match SignatureVersion::parse(text.get_ref()) {
                Some(version) => version,
                None => return self.error_at(text, "signature_version", "must be \"1\" (SHA-1) or \"2\" (SHA-256)"),
            },
            None => SignatureVersion::default(),
        };
        let TopicToml { name, endpoint, raw, policy, confirmed, disabled, .. } = topic;
        let line = self.line_of(&name);
        let name = name.into_inner();
        Ok(service::ReceiverSeed { line, name, endpoint, signature, raw, policy, confirmed, disabled })
    }

    /// Parses a notification type without its suffix `Notification`, and its version.
    fn parse_notification_version(
        &self,
        name: &Spanned<String>,
        version: &Spanned<String>,
    ) -> Result<(NotificationType, Version), String> {
        let Some(kind) = NotificationType::parse(&format!("{}Notification", name.get_ref())) else {
            let all = NotificationType::ALL.map(|kind| kind.wire_name().trim_end_matches("Notification")).join(", ");
            return self.error_at(name, name.get_ref(), format!("is not a notification type; write one of {all}"));
        };
        match Version::parse(version.get_ref()) {
            Some(version) => Ok((kind, version)),
            None => self.error_at(version, name.get_ref(), "must be \"1.0\" or \"2.0\""),
        }
    }

    fn parse_client(&self, client: ClientToml) -> Result<service::ClientSeed, String> {
        let kind = *client.kind.get_ref();
        let id = match &client.id {
            Some(id) => Some(ClientId::parse(id.get_ref()).or_else(|e| self.error_at(id, "id", e))?),
            None => None,
        };
        let secret_hash = self.parse_secret_hash(&client)?;
        for uri in &client.redirect_uris {
            redirect::validate_redirect_uri(uri.get_ref(), kind).or_else(|e| self.error_at(uri, "redirect_uris", e))?;
        }
        Ok(service::ClientSeed {
            line: self.line_of(&client.kind),
            kind,
            id,
            name: client.name.as_ref().map(|name| self.parse_name(name)).transpose()?,
            secret_hash,
            redirect_uris: client.redirect_uris.into_iter().map(Spanned::into_inner).collect(),
            mode: client.mode,
            disabled: client.disabled,
        })
    }

    /// The hash of a client's secret, which the file declares in plain text or as its hash.
    fn parse_secret_hash(&self, client: &ClientToml) -> Result<Option<[u8; 32]>, String> {
        let (text, key) = match (&client.secret, &client.secret_hash) {
            (None, None) => return Ok(None),
            (Some(_), Some(hash)) => return self.error_at(hash, "secret_hash", "leave it out, or leave out `secret`"),
            (Some(secret), None) => (secret, "secret"),
            (None, Some(hash)) => (hash, "secret_hash"),
        };
        if !client.kind.get_ref().is_confidential() {
            return self.error_at(text, key, "only web clients have a secret; other clients use PKCE");
        }
        let Some(bytes) = parse_hex_32(text.get_ref()) else {
            return self.error_at(text, key, "must be 64 hex digits; leave it out to have a secret generated");
        };
        Ok(Some(if client.secret.is_some() { hash_secret(text.get_ref()) } else { bytes }))
    }

    fn parse_model(&self, model: ModelToml) -> Result<service::ModelSeed, String> {
        let slots = model.slot.get_ref();
        if slots.is_empty() || slots.len() > 20 {
            return self.error_at(&model.slot, "slot", "a model has 1 to 20 slots");
        }
        self.require_distinct(slots.iter().filter_map(|s| s.id.as_ref()).map(|id| (id, id.get_ref())), "id")?;
        self.require_distinct(slots.iter().map(|s| (&s.name, s.name.get_ref())), "name")?;
        let composite = match &model.composite_id {
            Some(id) => Some(CompositeId::parse(id.get_ref()).or_else(|e| self.error_at(id, "composite_id", e))?),
            None => None,
        };
        let slot = |slot: SlotToml| -> Result<_, String> {
            Ok(service::SlotSeed {
                id: slot.id.map(Spanned::into_inner),
                name: self.parse_name(&slot.name)?,
                names: self.parse_translations(&slot.names, "names", Name::parse)?,
                units: self.parse_translations(&slot.units, "units", Unit::parse)?,
                unit: slot.unit.into(),
                products: slot
                    .products
                    .into_iter()
                    .map(|p| (self.line_of(&p), p.into_inner()))
                    .map(|(l, a)| (a, l))
                    .collect(),
            })
        };
        Ok(service::ModelSeed {
            line: self.line_of(&model.id),
            code: model.id.into_inner(),
            names: self.parse_translations(&model.names, "names", Name::parse)?,
            name: model.name.into(),
            live: model.live,
            takeover: model.takeover,
            composite,
            messages: model
                .notifications
                .iter()
                .map(|(n, v)| self.parse_notification_version(n, v))
                .collect::<Result<_, _>>()?,
            slots: model.slot.into_inner().into_iter().map(slot).collect::<Result<_, _>>()?,
        })
    }

    fn parse_customer(&self, customer: CustomerToml) -> Result<service::CustomerSeed, String> {
        let password = match (&customer.password, &customer.password_hash) {
            (Some(_), Some(hash)) => {
                return self.error_at(hash, "password_hash", "leave it out, or leave out `password`");
            }
            (Some(plain), None) if plain.get_ref().chars().count() < 8 => {
                return self.error_at(plain, "password", "must have at least 8 characters");
            }
            (Some(plain), None) => Some(SeedPassword::Plain(plain.get_ref().clone())),
            (None, Some(hash)) => Some(SeedPassword::Hash(hash.get_ref().clone())),
            (None, None) => None,
        };
        let address = match customer.address {
            None => None,
            Some(address) => {
                let checked = address.get_ref().clone().validated();
                Some(checked.or_else(|part| self.error_at(&address, "address", format!("check {part}")))?)
            }
        };
        let language = match &customer.language {
            None => None,
            Some(tag) => Some(Language::parse(tag.get_ref()).map_or_else(
                || self.error_at(tag, "language", format!("must be one of {}", Language::all_tags())),
                Ok,
            )?),
        };
        let line = self.line_of(&customer.email);
        let CustomerToml { email, name, blocked, .. } = customer;
        let (email, name) = (email.into_inner(), name.into());
        Ok(service::CustomerSeed { line, email, password, name, address, language, blocked })
    }
}

/// The bytes of 64 hex digits.
fn parse_hex_32(digits: &str) -> Option<[u8; 32]> {
    let digits = (digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())).then_some(digits)?;
    let pairs = digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    pairs.collect::<Option<Vec<_>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use opendrs_service::seed::SeedDeclaration;

    fn parse_seed(text: &str) -> Result<SeedDeclaration, String> {
        super::parse_seed(text, &|path| match path {
            "logo.png" => Ok(vec![1]),
            _ => Err(format!("cannot read the picture {path}")),
        })
    }

    const PRODUCT: &str = "[[product]]\nasin = \"B000000001\"\ntitle = \"F\"\nprice = \"1\"\ncurrency = \"USD\"\nquantity = 1\nunit = \"c\"\n";

    #[test]
    fn errors_name_line_and_key() {
        for (text, says) in [
            ("[[maker]]\nnam = \"A\"", "line 2"),
            ("[[maker]]\nname = \"A\"\n[[maker]]\nname = \"A\"", "line 4: name: `A` is declared twice"),
            (
                "[[maker]]\nname = \"A\"\n[[maker.profile]]\nname = \"P\"\n[[maker.profile.client]]\nkind = \"web\"\nsecret = \"x\"",
                "line 7: secret: must be 64 hex digits",
            ),
            (
                "[[maker]]\nname = \"A\"\n[[maker.profile]]\nname = \"P\"\n[[maker.profile.client]]\nkind = \"web\"\nredirect_uris = [\"http://a.example/\"]",
                "line 7: redirect_uris: redirect URI `http://a.example/` uses http",
            ),
            (
                "[[maker]]\nname = \"A\"\n[[maker.model]]\nid = \"a b\"\nname = \"M\"\nslot = []",
                "`a b` is not a device model id",
            ),
            (&PRODUCT.replace("\"1\"", "\"1.999\""), "line 4: price: `1.999` is not a price in USD"),
            (&PRODUCT.replace("= 1\n", "= 0\n"), "line 6: quantity: must be above zero"),
            (&format!("{PRODUCT}sku = \" S\""), "` S` is not a SKU: 1 to 100 characters on one line"),
            (&format!("{PRODUCT}shipping = \"1.01\""), "line 8: shipping: is a part of the price"),
            (&format!("{PRODUCT}shipping = \"x\""), "line 8: shipping: `x` is not a price in USD"),
            (&format!("{PRODUCT}tax_rate = \"100\""), "line 8: tax_rate: write per cent below 100"),
            (
                &format!("{PRODUCT}unit_price = {{ content = 0, per = 1, unit = \"l\" }}"),
                "line 8: unit_price: content and per",
            ),
            (&PRODUCT.replace("\"F\"", "\" \""), "line 3"),
            (&PRODUCT.replace("\"F\"", "\"F\\tG\""), "is not a title: 1 to 500 characters on one line"),
            (&PRODUCT.replace("\"c\"", "\"\""), "is not a unit"),
            (
                &format!("{PRODUCT}titles = {{ de = \"F\", fr = \"F\" }}"),
                "line 8: titles: `fr` is not a language of the pages; write one of en, de, ja",
            ),
            (&format!("{PRODUCT}titles = {{ DE = \"F\" }}"), "line 8: titles: `DE` is not a language of the pages"),
            (&format!("{PRODUCT}titles = {{ de = \"\" }}"), "line 8: titles.de: `` is not a title"),
            (&format!("{PRODUCT}units = {{ ja = \"a\\nb\" }}"), "line 8: units.ja: `a\nb` is not a unit"),
            (&PRODUCT.replace("USD", "USX"), "line 4: price: `USX` is not a currency"),
            (
                "[[maker]]\nname = \"A\"\n[maker.brand]\naccent = \"#ffd400\"",
                "line 4: accent: `#ffd400` has a contrast of 1.43:1 on white",
            ),
            ("[[maker]]\nname = \"A\"\n[maker.brand]\nlogo = \"x.png\"", "line 4: logo: cannot read the picture x.png"),
            ("[[maker]]\nname = \"A\"\n[maker.brand]\nterms_url = \"javascript:x\"", "line 4"),
            ("[[maker]]\nname = \"A\"\n[maker.brand]\nimprint = \"A\\n\\nB\"", "line 4: imprint: "),
            ("[[maker]]\nname = \"A\\u2028B\"", "line 2: name: `A\u{2028}B` is not a name"),
            ("[[maker]]\nname = \"A\"\n[[maker.model]]\nid = \"a\"\nname = \"\\u200b\"\nslot = []", "is not a name"),
            (
                "[[customer]]\nemail = \"a@b.example\"\npassword = \"long enough\"\nname = \"N\"\naddress = { line1 = \"1 A Street\", city = \"B\", country = \"UK\" }",
                "line 5: address: check the postal code",
            ),
            ("[[customer]]\nemail = \"a@b.example\"\npassword = \"short\"\nname = \"N\"", "line 3: password"),
            (
                "[[customer]]\nemail = \"a@b.example\"\npassword = \"long enough\"\nname = \"N\"\nlanguage = \"fr\"",
                "line 5: language",
            ),
        ] {
            let error = parse_seed(text).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
        assert_eq!(parse_seed(PRODUCT).unwrap().products[0].price.minor, 100);
        assert_eq!(parse_seed(PRODUCT).unwrap().products[0].sku(), "B000000001");
        assert_eq!(parse_seed(&format!("{PRODUCT}sku = \"AF-3\"")).unwrap().products[0].sku(), "AF-3");
    }

    #[test]
    fn a_picture_is_read_removed_or_left_alone() {
        let maker = |brand: &str| format!("[[maker]]\nname = \"A\"\n[maker.brand]\n{brand}");
        for (brand, pictures) in [
            ("logo = \"logo.png\"", vec![(3, Some(vec![1]))]),
            ("logo = \"\"", vec![(3, None)]),
            ("accent = \"#0a5bd3\"", Vec::new()),
        ] {
            let seed = parse_seed(&maker(brand)).unwrap();
            let found: Vec<_> = seed.pictures.into_iter().map(|picture| (picture.line, picture.file)).collect();
            let pictures: Vec<_> = pictures.into_iter().map(|(line, file)| (line + 1, file)).collect();
            assert_eq!(found, pictures, "{brand}");
        }
    }
}
