//! The data of the tests: two makers, their clients and models, a catalogue, three customers.

use opendrs_domain::brand::{Accent, Brand, LegalLinks, MailSender};
use opendrs_domain::customer::Address;
use opendrs_domain::id::{ClientId, CompositeId};
use opendrs_domain::language::Language;
use opendrs_domain::money::Money;
use opendrs_domain::product::Product;
use opendrs_domain::profile::{ClientKind, hash_secret};
use opendrs_domain::text::{Asin, ContactLink, Email, Imprint, ModelCode, SlotId, WebLink};
use opendrs_domain::translation::Translations;
use opendrs_service::seed::{
    ClientSeed, CustomerSeed, MakerSeed, ModelSeed, PictureOwner, PictureSeed, ProfileSeed, SeedDeclaration, SlotSeed,
};

/// Aqua's cloud.
pub const WEB: &str = "amzn1.application-oa2-client.0f3c9a7be2d14c55a1b68e90d2f4c713";
pub const SECRET: &str = "5d1f0c8b9e7a6d4c3b2a19087f6e5d4c3b2a19087f6e5d4c3b2a19087f6e5d4c";
pub const REDIRECT: &str = "https://setup.example.net/drs/done";
pub const LOCAL_REDIRECT: &str = "http://localhost:3000/_oauth/amazon?close";
/// Aqua's app.
pub const APP: &str = "amzn1.application-oa2-client.1f3c9a7be2d14c55a1b68e90d2f4c713";
pub const APP_REDIRECT: &str = "amzn://com.example.aqua";
/// Brew's cloud.
pub const OTHER_WEB: &str = "amzn1.application-oa2-client.2f3c9a7be2d14c55a1b68e90d2f4c713";
pub const OTHER_SECRET: &str = "6d1f0c8b9e7a6d4c3b2a19087f6e5d4c3b2a19087f6e5d4c3b2a19087f6e5d4c";
pub const OTHER_REDIRECT: &str = "https://brew.example/done";

/// Aqua's live model.
pub const MODEL: &str = "Aqua-Pitcher_7";
pub const COMPOSITE: &str = "amzn1.dash.v1.composite.5f0c2a44-0000-4000-8000-0000000000c1";
pub const FILTER: &str = "7c0a3f5e-0000-4000-8000-0000000000a1";
pub const CARTRIDGE: &str = "mineral.cartridge-2";
/// Aqua's model that is not live yet; it has one slot.
pub const PROTOTYPE: &str = "Aqua+Proto";
/// Brew's model.
pub const OTHER_MODEL: &str = "Brew_1";
pub const BEANS: &str = "beans";

pub const SMALL: &str = "B000000001";
pub const LARGE: &str = "B000000002";
pub const MINERALS: &str = "B000000003";
pub const SOLD_OUT: &str = "B000000009";

pub const ANN: &str = "ann@example.com";
pub const BOB: &str = "bob@example.com";
/// A customer without an address.
pub const CARL: &str = "carl@example.com";
pub const PASSWORD: &str = "correct horse battery";

pub fn seed() -> SeedDeclaration {
    SeedDeclaration {
        pictures: Vec::new(),
        makers: vec![
            MakerSeed {
                name: "Aqua Appliances".into(),
                brand: None,
                profiles: vec![ProfileSeed {
                    line: 1,
                    receivers: Vec::new(),
                    name: "Aqua companion app".into(),
                    id: None,
                    privacy_url: Some("https://aqua.example/privacy".into()),
                    clients: vec![
                        client(ClientKind::Web, WEB, Some(SECRET), &[REDIRECT, LOCAL_REDIRECT]),
                        client(ClientKind::Android, APP, None, &[APP_REDIRECT]),
                    ],
                }],
                models: vec![
                    model(
                        MODEL,
                        "Aqua Pitcher",
                        true,
                        COMPOSITE,
                        vec![
                            slot(FILTER, "Filter", &[SMALL, LARGE, SOLD_OUT]),
                            slot(CARTRIDGE, "Mineral cartridge", &[MINERALS]),
                        ],
                    ),
                    model(
                        PROTOTYPE,
                        "Aqua Prototype",
                        false,
                        &COMPOSITE.replace("c1", "c2"),
                        vec![slot("one", "One", &[SMALL])],
                    ),
                ],
            },
            MakerSeed {
                name: "Brew Brothers".into(),
                brand: None,
                profiles: vec![ProfileSeed {
                    line: 1,
                    receivers: Vec::new(),
                    name: "Brew app".into(),
                    id: None,
                    privacy_url: None,
                    clients: vec![client(ClientKind::Web, OTHER_WEB, Some(OTHER_SECRET), &[OTHER_REDIRECT])],
                }],
                models: vec![model(
                    OTHER_MODEL,
                    "Brewer",
                    true,
                    &COMPOSITE.replace("c1", "c3"),
                    vec![slot(BEANS, "Beans", &[SMALL])],
                )],
            },
        ],
        products: vec![
            product(SMALL, "Water filter, pack of 3", "24.99", 3.0, true),
            product(LARGE, "Water filter, pack of 6", "44.99", 6.0, true),
            product(MINERALS, "Mineral cartridge", "12.50", 0.5, true),
            product(SOLD_OUT, "Water filter, gold", "99.00", 1.0, false),
        ],
        customers: vec![
            customer(ANN, "Ann Example", Some("1 Main Street")),
            customer(BOB, "Bob Example", Some("2 Side Street")),
            customer(CARL, "Carl Example", None),
        ],
    }
}

pub fn client(kind: ClientKind, id: &str, secret: Option<&str>, redirects: &[&str]) -> ClientSeed {
    ClientSeed {
        line: 1,
        kind,
        id: Some(ClientId::parse(id).unwrap()),
        name: None,
        secret_hash: secret.map(hash_secret),
        redirect_uris: redirects.iter().map(ToString::to_string).collect(),
        mode: None,
        disabled: None,
    }
}

pub fn model(code: &str, name: &str, live: bool, composite: &str, slots: Vec<SlotSeed>) -> ModelSeed {
    let composite = Some(CompositeId::parse(composite).unwrap());
    let (code, name, messages) = (ModelCode::parse(code).unwrap(), name.into(), Vec::new());
    let names = Translations::default();
    ModelSeed { line: 1, code, name, names, live, takeover: None, composite, slots, messages }
}

pub fn slot(id: &str, name: &str, products: &[&str]) -> SlotSeed {
    SlotSeed {
        id: Some(SlotId::parse(id).unwrap()),
        name: name.into(),
        names: Translations::default(),
        unit: "litres".into(),
        units: Translations::default(),
        products: products.iter().map(|asin| (Asin::parse(asin).unwrap(), 1)).collect(),
    }
}

pub fn product(asin: &str, title: &str, price: &str, quantity: f64, available: bool) -> Product {
    let price = Money::parse(price, "USD").unwrap();
    Product {
        asin: Asin::parse(asin).unwrap(),
        title: title.into(),
        titles: Translations::default(),
        price,
        quantity,
        unit: "count".into(),
        units: Translations::default(),
        available,
        sku: None,
        picture: None,
        shipping: None,
        tax_rate: None,
        unit_price: None,
    }
}

pub fn customer(email: &str, name: &str, street: Option<&str>) -> CustomerSeed {
    let address = street.map(|line1| Address {
        line1: line1.into(),
        line2: None,
        city: "Springfield".into(),
        region: None,
        postal_code: "97477".into(),
        country: "US".into(),
    });
    let email = Email::parse(email).unwrap();
    CustomerSeed {
        line: 1,
        email,
        password: Some(PASSWORD.into()),
        name: name.into(),
        address,
        language: None,
        blocked: None,
    }
}

/// The picture of a pitcher.
pub const PITCHER_PNG: &[u8] = include_bytes!("../../../pictures/pitcher.png");
/// The logo of Aqua.
pub const LOGO_PNG: &[u8] = include_bytes!("../../../pictures/logo.png");
/// The picture of three filters.
pub const FILTERS_PNG: &[u8] = include_bytes!("../../../pictures/filters-3.png");

/// The brand of Aqua, without its logo.
pub fn brand() -> Brand {
    let web = |path: &str| Some(WebLink::parse(&format!("https://aqua.example/{path}")).unwrap());
    Brand {
        logo: None,
        accent: Some(Accent::parse("#0b6e6e").unwrap()),
        links: LegalLinks {
            privacy: web("privacy"),
            terms: web("terms"),
            withdrawal: web("withdrawal"),
            contact: Some(ContactLink::parse("mailto:help@aqua.example").unwrap()),
        },
        imprint: Some(Imprint::parse("Aqua Appliances Ltd\n1 Harbour Street, Dublin").unwrap()),
        sender: MailSender {
            name: None,
            address: Some(Email::parse("orders@aqua-appliances.example").unwrap()),
            reply_to: Some(Email::parse("help@aqua.example").unwrap()),
        },
    }
}

/// The usual seed, in which Aqua has a brand with a logo, and its first model and product have pictures.
pub fn branded_seed() -> SeedDeclaration {
    let mut seed = seed();
    seed.makers[0].brand = Some(brand());
    seed.pictures = vec![
        picture(PictureOwner::Maker("Aqua Appliances".into()), LOGO_PNG),
        picture(aqua_pitcher(), PITCHER_PNG),
        picture(PictureOwner::Product(Asin::parse(SMALL).unwrap()), FILTERS_PNG),
    ];
    seed
}

/// The first model, as the owner of a picture.
pub fn aqua_pitcher() -> PictureOwner {
    PictureOwner::Model { maker: "Aqua Appliances".into(), code: ModelCode::parse(MODEL).unwrap() }
}

pub fn picture(owner: PictureOwner, file: &[u8]) -> PictureSeed {
    PictureSeed { line: 1, owner, file: Some(file.to_vec()) }
}

/// A German and a Japanese translation.
pub fn translations(german: &str, japanese: &str) -> Translations {
    [(Language::German, german.to_owned()), (Language::Japanese, japanese.to_owned())].into_iter().collect()
}

/// The usual seed, in which Aqua's first model, its slots and their first products are translated.
pub fn translated_seed() -> SeedDeclaration {
    let mut seed = seed();
    let model = &mut seed.makers[0].models[0];
    model.names = translations("Aqua Wasserkrug", "アクア浄水ポット");
    model.slots[0].names = translations("Filterkartusche", "フィルター");
    model.slots[0].units = translations("Liter", "リットル");
    model.slots[1].names = translations("Mineralkartusche", "ミネラル");
    seed.products[0].titles = translations("Wasserfilter, 3er-Pack", "浄水フィルター 3個入り");
    seed.products[0].units = translations("Stück", "個");
    seed.products[2].titles = translations("Mineralien, 1 Packung", "ミネラル 1袋");
    seed
}
