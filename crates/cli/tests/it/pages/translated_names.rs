//! Names, titles and units that a maker translated: on pages and in mails of a customer's language, and nowhere else.
//! On both engines.

use super::rules::{catalogue, replenish, small};
use crate::harness::fixtures::{ANN, COMPOSITE, SMALL, translated_seed, translations};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, TestReceiver, authorize_path, form_body};
use opendrs_domain::language::Language;
use opendrs_domain::product::Product;
use opendrs_domain::text::Email;
use opendrs_domain::version::ApiEndpoint::{OrderInfo, SubscriptionInfo};
use opendrs_service::{customer, seed};

both!(
    a_sign_up_has_the_names_of_its_language,
    pages_of_a_device_and_its_orders_have_the_names_of_their_language,
    a_mail_has_the_names_of_its_readers_language,
    an_order_keeps_a_title_that_the_catalogue_no_longer_has,
    devices_makers_and_files_get_the_default_names,
);

/// What Ann reads in a language.
struct Names {
    language: Language,
    model: &'static str,
    slot: &'static str,
    product: &'static str,
    /// What one order of the product brings.
    amount: &'static str,
}

const NAMES: [Names; 2] = [
    Names {
        language: Language::German,
        model: "Aqua Wasserkrug",
        slot: "Filterkartusche",
        product: "Wasserfilter, 3er-Pack",
        amount: "3 Stück",
    },
    Names {
        language: Language::Japanese,
        model: "アクア浄水ポット",
        slot: "フィルター",
        product: "浄水フィルター 3個入り",
        amount: "3 個",
    },
];

/// The default texts, which no page in another language has.
const DEFAULTS: [&str; 2] = ["Aqua Pitcher", "Water filter, pack of 3"];

#[track_caller]
fn assert_shows(visit: &TestBrowser, parts: &[&str]) {
    let html = visit.page.text();
    for part in parts {
        assert!(html.contains(part), "{part}: {html}");
    }
    for default in DEFAULTS {
        assert!(!html.contains(default), "{default}: {html}");
    }
}

/// The first link of a page to a path.
fn link(visit: &TestBrowser, path: &str) -> String {
    let html = visit.page.text();
    html.split('"').find(|link| link.starts_with(path)).unwrap().replace("&#38;", "&")
}

async fn set_language(server: &Server, language: Language) {
    let ann = customer::find_id_by_email(server.app(), &Email::parse(ANN).unwrap()).await.unwrap().unwrap();
    customer::set_language(server.app(), ann, language).await.unwrap();
}

/// A browser in which Ann signed in and sees this page.
async fn signed_in(server: &Server, path: &str) -> TestBrowser {
    let mut visit = TestBrowser::open(server, path).await;
    visit.sign_in(ANN).await;
    visit
}

/// A device of Ann's, whose model has translations, and a browser in which she is signed in.
async fn linked(server: &Server, language: Language) -> (LinkedDevice, TestBrowser) {
    seed::apply(server.app(), translated_seed()).await.unwrap();
    let device = server.link_device(LinkOptions::default().serial(&format!("SN-{language}"))).await;
    set_language(server, language).await;
    (device, signed_in(server, &format!("/settings?language={language}")).await)
}

async fn a_sign_up_has_the_names_of_its_language(server: &Server) {
    seed::apply(server.app(), translated_seed()).await.unwrap();
    for Names { language, model, slot, product, amount } in NAMES {
        let mut visit = TestBrowser::open(server, &authorize_path(&[("language", Some(language.tag()))])).await;
        visit.sign_in(ANN).await;
        if visit.page.text().contains("consentApproved") {
            assert_shows(&visit, &[model]);
            visit.press("/ap/consent", "consentApproved").await;
        }
        assert_shows(&visit, &[&format!("<span title=\"{slot}\">"), model, product, amount]);
        for _ in 0..2 {
            let chosen = visit.form("/slot_action");
            visit.submit(&chosen).await;
        }
        assert_shows(&visit, &[model, slot, product, amount]);
        let links = [("compositeId", COMPOSITE), ("loginUri", "a"), ("remindLaterUri", "b"), ("skipUri", "c")];
        visit.go_to(&format!("/teaser?{}", form_body(&links))).await;
        assert_shows(&visit, &[model]);
    }
}

async fn pages_of_a_device_and_its_orders_have_the_names_of_their_language(server: &Server) {
    for Names { language, model, slot, product, amount } in NAMES {
        let (device, mut visit) = linked(server, language).await;
        let (_, id) = replenish(server, &device).await;
        assert_shows(visit.go_to("/settings").await, &[model]);
        let [remove, unlink] = ["/settings/remove", "/settings/unlink"].map(|path| link(&visit, path));
        let of_device = format!("/settings?{}", form_body(&[("access_token", &device.access)]));
        assert_shows(visit.go_to(&of_device).await, &[model, slot, product, amount]);
        assert_eq!(visit.title(), model);
        assert_shows(visit.go_to(&remove).await, &[model]);
        assert_shows(visit.go_to(&unlink).await, &[model]);
        assert_shows(visit.go_to(&format!("/order?id={id}")).await, &[model, product, amount]);
        let cancel = server.newest_mail().await.cancel_url.unwrap();
        let cancel = cancel.strip_prefix(&server.base_url).unwrap();
        assert_shows(visit.go_to(cancel).await, &[product]);
        visit.press("/order/cancel", "").await;
        let english = signed_in(server, &format!("{of_device}&language=en")).await.title();
        assert_eq!(english, "Aqua Pitcher");
        let (_, id) = replenish(server, &device).await;
        server.advance("25h").await;
        assert_shows(&signed_in(server, &format!("/order/withdraw?id={id}")).await, &[product]);
    }
}

async fn a_mail_has_the_names_of_its_readers_language(server: &Server) {
    for Names { language, model, slot, product, amount } in NAMES {
        let (device, mut visit) = linked(server, language).await;
        let subscribed = server.newest_mail_text().await;
        assert!(subscribed.contains(&format!("{slot}: {product}")), "{subscribed}");
        let (_, id) = replenish(server, &device).await;
        let placed = server.newest_mail_text().await;
        for part in [model, product, amount] {
            assert!(placed.contains(part), "{part}: {placed}");
        }
        let subject = opendrs_texts::compose::ComposedMail::compose(&server.newest_mail().await).subject;
        assert!(subject.ends_with(product), "{subject}");
        for default in DEFAULTS {
            assert!(!(placed.contains(default) || subscribed.contains(default)), "{subscribed}\n{placed}");
        }
        visit.go_to(&format!("/order?id={id}")).await.press("/order", "cancel").await;
    }
}

async fn an_order_keeps_a_title_that_the_catalogue_no_longer_has(server: &Server) {
    let (device, mut visit) = linked(server, Language::German).await;
    let (_, id) = replenish(server, &device).await;
    let renamed =
        Product { title: "Filters".into(), titles: translations("Filter neu", "新"), ..small("24.99", true) };
    catalogue(server, vec![renamed]).await;
    let shown = visit.go_to(&format!("/order?id={id}")).await.page.text();
    assert!(shown.contains("Water filter, pack of 3") && !shown.contains("Filter neu"), "{shown}");
    let mail = server.newest_mail_text().await;
    assert!(mail.contains("Water filter, pack of 3") && !mail.contains("Filter neu"), "{mail}");
    let of_device = format!("/settings?{}", form_body(&[("access_token", &device.access)]));
    let shown = visit.go_to(&of_device).await.page.text();
    assert!(shown.contains("Water filter, pack of 3"), "the order: {shown}");
    assert!(shown.contains("Filter neu"), "the slot's product: {shown}");
}

async fn devices_makers_and_files_get_the_default_names(server: &Server) {
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    let (device, _) = linked(server, Language::German).await;
    let (_, id) = replenish(server, &device).await;
    let calls = [(OrderInfo, format!("/getOrderInfo/{id}")), (SubscriptionInfo, "/subscriptionInfo".to_owned())];
    for (endpoint, path) in calls {
        let answer = server.device_call(&device, endpoint, &path).send().await.json().to_string();
        assert!(answer.contains(SMALL) && !answer.contains("Stück"), "{answer}");
    }
    server.advance("1h").await;
    for (table, rows) in server.all_rows().await {
        let translated = format!("{rows:?}").contains("Stück");
        assert!(!translated || table == "product", "{table}: {rows:?}");
    }
}
