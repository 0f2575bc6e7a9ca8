//! `opendrs seed FILE`: the seed file's syntax, and what became of its declarations.

mod shape;

use super::open::{self, Time};
use super::{StoreArgs, out};
use clap::Args;
use opendrs_domain::id::{ClientId, CompositeId, ProfileId};
use opendrs_domain::language::Language;
use opendrs_domain::login::redirect;
use opendrs_domain::money::Money;
use opendrs_domain::notification::Kind;
use opendrs_domain::product::Product;
use opendrs_domain::text::Name;
use opendrs_domain::topic::Signature;
use opendrs_domain::version::Version;
use opendrs_service::App;
use opendrs_service::seed::{self as service, Item};
use shape::{ClientToml, CustomerToml, File, MakerToml, ModelToml, ProductToml, ProfileToml, SlotToml, TopicToml};
use std::path::{Path, PathBuf};
use toml::Spanned;

#[derive(Debug, Args)]
pub(super) struct Seed {
    /// The seed file; the README shows its shape.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, args: Seed) -> Result<(), String> {
    let config = open::config(file, &args.store, Vec::new())?;
    let app = open::app(&config, Time::AsServed).await?;
    apply(&app, &args.file, args.json).await
}

/// Applies a file and prints what became of each declaration.
pub(super) async fn apply(app: &App, path: &Path, json: bool) -> Result<(), String> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read the seed file {name}: {e}"))?;
    for item in apply_text(app, &text, &name).await? {
        print(&item, json);
    }
    Ok(())
}

/// Applies a seed's text; `name` stands before errors.
pub(super) async fn apply_text(app: &App, text: &str, name: &str) -> Result<Vec<Item>, String> {
    let seed = parse(text).map_err(|e| format!("{name}: {e}"))?;
    service::apply(app, seed).await.map_err(|e| format!("{name}: {}", super::cause(e)))
}

fn print(item: &Item, json: bool) {
    let Item { kind, name, id, done, secret } = item;
    if json {
        let mut line = serde_json::json!({ "kind": kind, "name": name, "id": id, "done": done.as_str() });
        if let Some(secret) = secret {
            line["secret"] = secret.as_str().into();
        }
        return out::say(line.to_string());
    }
    out::say(format!("{:<9} {kind:<8} {name}  {id}", done.as_str()));
    if let Some(secret) = secret {
        out::say(format!("{:<9} {:<8} {secret}  (shown this once: keep it)", "", "secret"));
    }
}

/// Where errors stand.
struct Lines<'t>(&'t str);

impl Lines<'_> {
    fn of<T>(&self, spanned: &Spanned<T>) -> usize {
        1 + self.0[..spanned.span().start.min(self.0.len())].matches('\n').count()
    }

    fn refuse<T, R>(&self, at: &Spanned<T>, key: &str, why: impl std::fmt::Display) -> Result<R, String> {
        Err(format!("line {}: {key}: {why}", self.of(at)))
    }

    /// Refuses the second of two that must differ.
    fn distinct<'s, T: 's, K: PartialEq + std::fmt::Display>(
        &self,
        all: impl Iterator<Item = (&'s Spanned<T>, K)>,
        key: &str,
    ) -> Result<(), String> {
        let mut seen: Vec<K> = Vec::new();
        for (at, value) in all {
            if seen.contains(&value) {
                return self.refuse(at, key, format!("`{value}` is declared twice"));
            }
            seen.push(value);
        }
        Ok(())
    }
}

fn parse(text: &str) -> Result<service::Seed, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    let lines = Lines(text);
    lines.distinct(file.maker.iter().map(|m| (&m.name, m.name.get_ref())), "name")?;
    lines.distinct(file.product.iter().map(|p| (&p.asin, p.asin.get_ref())), "asin")?;
    lines.distinct(file.customer.iter().map(|c| (&c.email, c.email.get_ref())), "email")?;
    let clients = file.maker.iter().flat_map(|m| &m.profile).flat_map(|p| &p.client);
    lines.distinct(clients.filter_map(|c| c.id.as_ref()).map(|id| (id, id.get_ref())), "id")?;
    Ok(service::Seed {
        makers: file.maker.into_iter().map(|maker| lines.maker(maker)).collect::<Result<_, _>>()?,
        products: file.product.into_iter().map(|product| lines.product(product)).collect::<Result<_, _>>()?,
        customers: file.customer.into_iter().map(|customer| lines.customer(customer)).collect::<Result<_, _>>()?,
    })
}

impl Lines<'_> {
    fn named(&self, name: Spanned<String>) -> Result<String, String> {
        match Name::parse(name.get_ref()) {
            Ok(found) => Ok(found.into()),
            Err(error) => self.refuse(&name, "name", error),
        }
    }

    fn maker(&self, maker: MakerToml) -> Result<service::MakerSeed, String> {
        self.distinct(maker.profile.iter().map(|p| (&p.name, p.name.get_ref())), "name")?;
        self.distinct(maker.model.iter().map(|m| (&m.id, m.id.get_ref())), "id")?;
        Ok(service::MakerSeed {
            name: self.named(maker.name)?,
            profiles: maker.profile.into_iter().map(|profile| self.profile(profile)).collect::<Result<_, _>>()?,
            models: maker.model.into_iter().map(|model| self.model(model)).collect::<Result<_, _>>()?,
        })
    }

    fn profile(&self, profile: ProfileToml) -> Result<service::ProfileSeed, String> {
        let id = match &profile.id {
            Some(id) => Some(ProfileId::parse(id.get_ref()).or_else(|e| self.refuse(id, "id", e))?),
            None => None,
        };
        if let Some(url) = &profile.privacy_url
            && !(url.get_ref().starts_with("https://") || url.get_ref().starts_with("http://"))
        {
            return self.refuse(url, "privacy_url", "must begin with https:// or http://");
        }
        Ok(service::ProfileSeed {
            name: self.named(profile.name)?,
            id,
            privacy_url: profile.privacy_url.map(Spanned::into_inner),
            clients: profile.client.into_iter().map(|client| self.client(client)).collect::<Result<_, _>>()?,
            topics: profile.topic.into_iter().map(|topic| self.topic(topic)).collect::<Result<_, _>>()?,
        })
    }

    fn topic(&self, topic: TopicToml) -> Result<service::TopicSeed, String> {
        let signature = match &topic.signature_version {
            Some(text) => match Signature::parse(text.get_ref()) {
                Some(version) => version,
                None => return self.refuse(text, "signature_version", "must be \"1\" (SHA-1) or \"2\" (SHA-256)"),
            },
            None => Signature::default(),
        };
        let TopicToml { name, endpoint, raw, policy, confirmed, .. } = topic;
        let line = self.of(&name);
        Ok(service::TopicSeed { line, name: name.into_inner(), endpoint, signature, raw, policy, confirmed })
    }

    /// A message's name, without its last word, and its version.
    fn message(&self, name: &Spanned<String>, version: &Spanned<String>) -> Result<(Kind, Version), String> {
        let Some(kind) = Kind::parse(&format!("{}Notification", name.get_ref())) else {
            let all = Kind::ALL.map(|kind| kind.wire_name().trim_end_matches("Notification")).join(", ");
            return self.refuse(name, name.get_ref(), format!("is no notification; there are {all}"));
        };
        match Version::parse(version.get_ref()) {
            Some(version) => Ok((kind, version)),
            None => self.refuse(version, name.get_ref(), "must be \"1.0\" or \"2.0\""),
        }
    }

    fn client(&self, client: ClientToml) -> Result<service::ClientSeed, String> {
        let kind = *client.kind.get_ref();
        let id = match &client.id {
            Some(id) => Some(ClientId::parse(id.get_ref()).or_else(|e| self.refuse(id, "id", e))?),
            None => None,
        };
        if let Some(secret) = &client.secret {
            let text = secret.get_ref();
            if !kind.is_confidential() {
                return self.refuse(
                    secret,
                    "secret",
                    "only web clients have a secret; the others prove their codes by PKCE",
                );
            }
            if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
                return self.refuse(secret, "secret", "must be 64 hex digits; leave it out to have one generated");
            }
        }
        for uri in &client.redirect_uris {
            redirect::check(uri.get_ref(), kind).or_else(|e| self.refuse(uri, "redirect_uris", e))?;
        }
        Ok(service::ClientSeed {
            line: self.of(&client.kind),
            kind,
            id,
            secret: client.secret.map(Spanned::into_inner),
            redirect_uris: client.redirect_uris.into_iter().map(Spanned::into_inner).collect(),
            mode: client.mode,
        })
    }

    fn model(&self, model: ModelToml) -> Result<service::ModelSeed, String> {
        let slots = model.slot.get_ref();
        if slots.is_empty() || slots.len() > 20 {
            return self.refuse(&model.slot, "slot", "a model has 1 to 20 slots");
        }
        self.distinct(slots.iter().filter_map(|s| s.id.as_ref()).map(|id| (id, id.get_ref())), "id")?;
        self.distinct(slots.iter().map(|s| (&s.name, s.name.get_ref())), "name")?;
        let composite = match &model.composite_id {
            Some(id) => Some(CompositeId::parse(id.get_ref()).or_else(|e| self.refuse(id, "composite_id", e))?),
            None => None,
        };
        let slot = |slot: SlotToml| -> Result<_, String> {
            Ok(service::SlotSeed {
                id: slot.id.map(Spanned::into_inner),
                name: self.named(slot.name)?,
                unit: slot.unit.into(),
                products: slot
                    .products
                    .into_iter()
                    .map(|p| (self.of(&p), p.into_inner()))
                    .map(|(l, a)| (a, l))
                    .collect(),
            })
        };
        Ok(service::ModelSeed {
            code: model.id.into_inner(),
            name: model.name.into(),
            live: model.live,
            takeover: model.takeover,
            composite,
            messages: model.notifications.iter().map(|(n, v)| self.message(n, v)).collect::<Result<_, _>>()?,
            slots: model.slot.into_inner().into_iter().map(slot).collect::<Result<_, _>>()?,
        })
    }

    fn product(&self, product: ProductToml) -> Result<Product, String> {
        let price = Money::parse(product.price.get_ref(), &product.currency);
        let price = price.or_else(|e| self.refuse(&product.price, "price", e))?;
        let quantity = *product.quantity.get_ref();
        if !quantity.is_finite() || quantity <= 0.0 {
            return self.refuse(&product.quantity, "quantity", "must be above zero");
        }
        let ProductToml { asin, title, unit, available, sku, .. } = product;
        Ok(Product { asin: asin.into_inner(), title: title.into(), price, quantity, unit: unit.into(), available, sku })
    }

    fn customer(&self, customer: CustomerToml) -> Result<service::CustomerSeed, String> {
        if customer.password.get_ref().chars().count() < 8 {
            return self.refuse(&customer.password, "password", "must have at least 8 characters");
        }
        let address = match customer.address {
            None => None,
            Some(address) => {
                let checked = address.get_ref().clone().checked();
                Some(checked.or_else(|part| self.refuse(&address, "address", format!("check {part}")))?)
            }
        };
        let language = match &customer.language {
            None => None,
            Some(tag) => Some(
                Language::parse(tag.get_ref())
                    .map_or_else(|| self.refuse(tag, "language", format!("is none of {}", Language::tags())), Ok)?,
            ),
        };
        let CustomerToml { email, password, name, .. } = customer;
        let (email, password, name) = (email.into_inner(), password.into_inner(), name.into());
        Ok(service::CustomerSeed { email, password, name, address, language })
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

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
            (&PRODUCT.replace("\"F\"", "\" \""), "line 3"),
            (&PRODUCT.replace("\"F\"", "\"F\\tG\""), "is not a title: 1 to 500 characters on one line"),
            (&PRODUCT.replace("\"c\"", "\"\""), "is not a unit"),
            (&PRODUCT.replace("USD", "USX"), "line 4: price: `USX` is not a currency"),
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
            let error = parse(text).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
        assert_eq!(parse(PRODUCT).unwrap().products[0].price.minor, 100);
        assert_eq!(parse(PRODUCT).unwrap().products[0].sku(), "B000000001");
        assert_eq!(parse(&format!("{PRODUCT}sku = \"AF-3\"")).unwrap().products[0].sku(), "AF-3");
    }
}
