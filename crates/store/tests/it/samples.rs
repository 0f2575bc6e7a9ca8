//! Sample values for rows, distinguished by a number; the same number gives the same value.

use opendrs_domain::customer::{Address, Customer};
use opendrs_domain::delivery::DeliveryPolicy;
use opendrs_domain::device::{Device, RevokedFamilies};
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::id::{
    ClientId, CompositeId, CustomerId, DeviceId, EventId, MakerId, ModelId, OrderId, ProfileId, ReadingId, ReceiverId,
};
use opendrs_domain::language::Language;
use opendrs_domain::maker::Maker;
use opendrs_domain::model::{Model, Slot};
use opendrs_domain::money::Money;
use opendrs_domain::notification::{Event, EventFacts};
use opendrs_domain::order::{Order, OrderItem, OrderState, OrderTimes, OrderTrigger, PriceParts, Tracking};
use opendrs_domain::product::Product;
use opendrs_domain::profile::{Client, ClientAccess, ClientKind, ClientMode, Profile};
use opendrs_domain::receiver::{self, Receiver, ReceiverTarget, SignatureVersion};
use opendrs_domain::takeover::TakeoverPolicy;
use opendrs_domain::text::{Asin, Email, ModelCode, Serial, SlotId};
use opendrs_domain::time::Time;
use opendrs_domain::translation::Translations;
use uuid::Uuid;

/// Levels and quantities that a faulty store would round, overflow or misinterpret.
pub const QUANTITIES: [f64; 9] =
    [0.0, 1.0, 0.1, 0.1 + 0.2, 1.0 / 3.0, f64::MIN_POSITIVE, 5e-324, 1e-7, 9_007_199_254_740_993.0 * 1e290];

/// Texts that a faulty store would truncate, trim, case-fold, or interpret as SQL, JSON, a pattern or a parameter.
pub fn awkward_texts() -> Vec<String> {
    let short = [
        "",
        " ",
        "O'Neill & \"Söhne\" \\ 100% _ ; -- /* $1 ?1 :a */",
        "'); DROP TABLE maker; --",
        "漢字 🧺 e\u{301} \u{202e}x\u{feff}",
        "line\r\nline\ttab ",
        "NULL",
        "12",
    ];
    let long = "Straße 🧺 '".repeat(20_000);
    short.into_iter().map(str::to_owned).chain([long]).collect()
}

/// A time with microseconds.
pub fn at(n: i64) -> Time {
    Time::from_micros(1_520_000_000_123_457 + n)
}

/// Well-mixed numbers of a seed (splitmix64).
pub fn mix(n: u64) -> u64 {
    let z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// An id in random order.
pub fn uuid(n: u64) -> Uuid {
    Uuid::from_u64_pair(mix(n), mix(!n))
}

/// An id in the order of its number, as time-ordered ids have.
pub fn ordered_uuid(n: u64) -> Uuid {
    Uuid::from_u64_pair(n, mix(n))
}

/// A hash.
pub fn hash(n: u64) -> [u8; 32] {
    std::array::from_fn(|at| mix(n).to_be_bytes()[at % 8])
}

pub fn asin(n: u64) -> Asin {
    Asin::parse(&format!("B{n:09}")).unwrap()
}

pub fn slot_id(text: &str) -> SlotId {
    SlotId::parse(text).unwrap()
}

pub fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

pub fn serial(text: &str) -> Serial {
    Serial::parse(text).unwrap()
}

pub fn maker(n: u64) -> Maker {
    Maker { id: MakerId(uuid(n)), name: format!("maker {n}") }
}

pub fn profile(n: u64, maker: MakerId) -> Profile {
    Profile { id: ProfileId(uuid(n)), maker, name: format!("profile {n}"), privacy_url: None }
}

pub fn client(n: u64, profile: &Profile, kind: ClientKind) -> Client {
    let (id, maker) = (ClientId(uuid(n)), profile.maker);
    Client {
        id,
        profile: profile.id,
        maker,
        kind,
        secret_hash: None,
        redirect_uris: vec![],
        mode: ClientMode::Lwa,
        former_secret_hash: None,
        access: ClientAccess::default(),
    }
}

pub fn model(n: u64, maker: MakerId) -> Model {
    let code = ModelCode::parse(&format!("Model-{n}+_")).unwrap();
    let (id, composite) = (ModelId(uuid(n)), CompositeId(uuid(n + 1_000_000)));
    Model {
        id,
        maker,
        code,
        name: format!("model {n}"),
        names: Translations::default(),
        composite_id: composite,
        live: true,
        takeover_policy: TakeoverPolicy::Allow,
        picture: None,
    }
}

pub fn slot(text: &str) -> Slot {
    Slot {
        id: slot_id(text),
        name: format!("the {text}"),
        names: Translations::default(),
        unit: "count".into(),
        units: Translations::default(),
        products: vec![],
    }
}

/// Translations of a text into two languages.
pub fn translations(text: &str) -> Translations {
    [Language::German, Language::Japanese].into_iter().map(|to| (to, format!("{text} \u{3042}\"'{to}"))).collect()
}

pub fn product(n: u64) -> Product {
    let price = Money { minor: 2499, currency: "USD".into() };
    Product {
        asin: asin(n),
        title: format!("product {n}"),
        titles: Translations::default(),
        price,
        quantity: 12.5,
        unit: "lbs".into(),
        units: Translations::default(),
        available: true,
        sku: None,
        picture: None,
        shipping: None,
        tax_rate: None,
        unit_price: None,
    }
}

pub fn customer(n: u64) -> Customer {
    let (id, email) = (CustomerId(uuid(n)), email(&format!("ann+{n}@example.com")));
    Customer { id, email, name: format!("Ann {n}"), address: None, created_at: at(0), language: None, zone: None }
}

pub fn address() -> Address {
    Address {
        line1: "O'Connell St 1 \"rear\"".into(),
        line2: Some("3. Stock, 漢字".into()),
        city: "Baile Átha Cliath".into(),
        region: Some("D".into()),
        postal_code: "D01".into(),
        country: "IE".into(),
    }
}

/// A new registration of a unit of a model, as [`opendrs_store::device::insert`] records it.
pub fn device(n: u64, model: &Model, unit: &str) -> Device {
    Device {
        id: DeviceId(uuid(n)),
        model: model.id,
        model_code: model.code.clone(),
        serial: serial(unit),
        maker: model.maker,
        customer: CustomerId(uuid(n + 2_000_000)),
        directed_customer_id: format!("amzn1.account.A{n:027}"),
        client: ClientId(uuid(n + 3_000_000)),
        test: false,
        registered_at: at(0),
        active_at: None,
        deregistered_at: None,
        revoked_families: RevokedFamilies::default(),
        suspended_at: None,
    }
}

pub fn order(n: u64, device: DeviceId) -> Order {
    let price = Money { minor: 1200, currency: "JPY".into() };
    let item = OrderItem {
        asin: asin(1),
        title: "Filter".into(),
        quantity: 2.5,
        unit: "count".into(),
        price,
        shipping: None,
        tax_rate: None,
    };
    Order {
        id: OrderId(ordered_uuid(n)),
        device,
        slot: slot_id("filter"),
        item,
        price_parts: PriceParts::default(),
        recipient: None,
        test: false,
        state: OrderState::Placed,
        problem: None,
        opened_at: at(0),
        window_ends_at: at(100),
        expected_at: None,
        due_at: None,
        approved_price: None,
        backend: Backend::Simulated,
        problem_from_backend: false,
        placed_at: None,
        tracking: Tracking::default(),
        last_hold_problem: None,
        original_device: None,
        resumes_at: None,
        reminder_sent: false,
        delivered_at: None,
        cancellation: None,
        trigger: OrderTrigger::Device,
        times: OrderTimes::default(),
        withdrawal: None,
        returned_at: None,
        refund: None,
    }
}

pub fn reading_id(n: u64) -> ReadingId {
    ReadingId(ordered_uuid(n))
}

pub fn event(n: u64, facts: EventFacts) -> Event {
    Event {
        id: EventId(ordered_uuid(n)),
        at: at(i64::try_from(n).unwrap()),
        client: ClientId(uuid(n)).to_string(),
        model: "Model-1".into(),
        serial: "unit-1".into(),
        customer: "amzn1.account.A".into(),
        facts,
    }
}

/// A receiver of a profile.
pub fn receiver(n: u64, profile: ProfileId, state: receiver::ReceiverState) -> Receiver {
    Receiver {
        id: ReceiverId(ordered_uuid(n)),
        profile,
        arn: format!("arn:aws:sns:drs-local-1:123456789012:topic-{n}"),
        target: ReceiverTarget::from_endpoint("https://maker.example/drs"),
        state,
        signature: SignatureVersion::default(),
        raw_delivery: false,
        policy: DeliveryPolicy::parse("sns").unwrap(),
        policy_text: "sns".into(),
        subscription_id: uuid(n),
        token_number: 1,
        token_ends_at: at(9),
        secret_number: 1,
        secret_rotated_at: at(0),
        created_at: at(0),
    }
}
