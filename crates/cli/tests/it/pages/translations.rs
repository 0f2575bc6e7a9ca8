//! Every page in every language: a customer visits all of them, once per language.

use crate::harness::fixtures::{CARL, COMPOSITE, FILTER, REDIRECT};
use crate::harness::{LinkOptions, LinkedDevice, Server, TestBrowser, authorize_path, form_body};
use opendrs_client::{ClientResponse, HtmlForm};
use opendrs_domain::language::Language;
use opendrs_domain::order::OrderNumber;
use opendrs_domain::version::ApiEndpoint::Replenish;
use std::collections::BTreeSet;

/// Texts on pages that are not translated: names from makers and customers, and words of the protocol.
const NAMES: [&str; 21] = [
    "Aqua Pitcher",
    "Aqua Appliances",
    "Aqua companion app",
    "Filter",
    "Mineral cartridge",
    "Water filter, pack of 3",
    "Water filter, pack of 6",
    "Water filter, gold",
    "English",
    "Deutsch",
    "日本語",
    "400 Bad Request",
    "The request is missing a required parameter : client_id",
    "Carl Example, 3 Hill Street, Springfield, 97477, US",
    "3 Hill Street, Springfield, 97477, US",
    // A sentence may end with a value in bold type. In Japanese it may also begin with one.
    ".",
    "。",
    "state=s-1",
    "client_id=",
    "language=de",
    "language=ja",
];

/// The texts of a page, and the names of elements without a text.
fn visible_texts(html: &str) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for part in html.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        let names = ["aria-label=\"", "title=\""].iter().filter_map(|name| tag.split(*name).nth(1)?.split('"').next());
        said.extend(names.chain([text]).map(|text| text.trim().to_owned()));
    }
    said.retain(|text| !text.is_empty() && !NAMES.contains(&text.as_str()) && OrderNumber::parse(text).is_none());
    said
}

/// The pages that were shown, each with a name.
struct PageRecorder {
    pages: Vec<(&'static str, ClientResponse)>,
}

impl PageRecorder {
    fn record(&mut self, name: &'static str, page: &ClientResponse) {
        self.pages.push((name, page.clone()));
    }
}

fn path(server: &Server, url: &str) -> String {
    url.strip_prefix(&server.base_url).unwrap().to_owned()
}

async fn replenish(server: &Server, device: &LinkedDevice) -> String {
    let answer = server.device_call(device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    answer["eventInstanceId"].as_str().unwrap().to_owned()
}

/// Sign-up, from the authorization request to the redirect.
async fn sign_up(server: &Server, walk: &mut PageRecorder, language: Language) -> TestBrowser {
    let mut visit = TestBrowser::open(server, &authorize_path(&[("language", Some(language.tag()))])).await;
    walk.record("sign-in", &visit.page);
    let wrong = visit.form("/ap/signin").fill("email", CARL).fill("password", "wrong");
    visit.submit(&wrong).await;
    walk.record("wrong password", &visit.page);
    visit.sign_in(CARL).await;
    walk.record("consent", &visit.page);
    visit.press("/ap/consent", "consentApproved").await;
    walk.record("slot", &visit.page);
    let mut unanswered = visit.form("/slot_action");
    unanswered.fields.retain(|(name, _)| name != "asin");
    visit.submit(&unanswered).await;
    walk.record("slot without an answer", &visit.page);
    for _ in 0..2 {
        visit.press("/slot_action", "skip").await;
    }
    walk.record("overview", &visit.page);
    visit.press("/setup_overview", "completeSetup").await;
    walk.record("overview, all skipped", &visit.page);
    visit.press("/setup_overview", "change").await;
    for _ in 0..2 {
        let chosen = visit.form("/slot_action");
        visit.submit(&chosen).await;
    }
    visit.press("/setup_overview", "completeSetup").await;
    walk.record("overview without an address", &visit.page);
    let address = visit.form("/setup_overview").fill("line1", "3 Hill Street").fill("city", "Springfield");
    let address = address.fill("postal_code", "97477").fill("country", "US").press("completeSetup");
    assert!(visit.submit(&address).await.location().starts_with(REDIRECT), "{}", visit.page.text());
    visit
}

/// Settings, rules and orders of a device.
async fn settings(server: &Server, walk: &mut PageRecorder, visit: &mut TestBrowser) {
    let device = server.link_device(LinkOptions::default().customer(CARL).serial("SN-2")).await;
    let of_device = format!("/settings?{}", form_body(&[("access_token", &device.access), ("exitUri", "/null")]));
    walk.record("settings", &visit.go_to(&of_device).await.page);
    let rule = visit.form("/settings/rule");
    visit.submit(&rule.clone().fill("cap_kind", "amount").fill("cap", "")).await;
    walk.record("rules that cannot be", &visit.page);
    visit.submit(&rule.fill("mode", "ask")).await;
    let order = format!("/order?id={}", replenish(server, &device).await);
    walk.record("settings with an order", &visit.go_to(&of_device).await.page);
    walk.record("order that waits", &visit.go_to(&order).await.page);
    visit.press("/order", "approve").await;
    walk.record("order", &visit.page);
    let link = path(server, &server.newest_mail().await.cancel_url.unwrap());
    walk.record("cancel", &visit.go_to(&link).await.page);
    visit.press("/order/cancel", "").await;
    walk.record("cancelled", &visit.page);
    walk.record("settings with a cancelled order", &visit.go_to(&of_device).await.page);
    let second = format!("/order?id={}", replenish(server, &device).await);
    visit.go_to(&second).await.press("/order", "approve").await;
    let link = path(server, &server.newest_mail().await.cancel_url.unwrap());
    server.advance("25h").await;
    walk.record("cancelled too late", &visit.go_to(&link).await.page);
    walk.record("order that was shipped", &visit.go_to(&second).await.page);
}

/// Pages that are shown instead of the requested ones.
async fn elsewhere(server: &Server, walk: &mut PageRecorder, visit: &mut TestBrowser, language: Language) {
    // The session ended during the day that passed.
    visit.go_to("/settings").await.sign_in(CARL).await;
    let test = server.link_device(LinkOptions::default().customer(CARL).serial("SN-3").test_device()).await;
    let token = |access: &str| format!("/settings?{}", form_body(&[("access_token", access), ("exitUri", "/null")]));
    walk.record("settings of a test device", &visit.go_to(&token(&test.access)).await.page);
    walk.record("devices and apps", &visit.go_to("/settings").await.page);
    let unlink = visit.page.text().split("href=\"").find_map(|rest| {
        rest.starts_with("/settings/unlink").then(|| rest.split('"').next().unwrap_or_default().to_owned())
    });
    walk.record("withdrawal of a consent", &visit.go_to(&unlink.expect("an app")).await.page);
    walk.record("settings by a bad link", &visit.go_to(&token("Atza|x")).await.page);
    let anns = server.link_device(LinkOptions::default()).await;
    walk.record("settings of somebody else", &visit.go_to(&token(&anns.access)).await.page);
    let links = [("compositeId", COMPOSITE), ("loginUri", "a"), ("remindLaterUri", "b"), ("skipUri", "c")];
    walk.record("teaser", &visit.go_to(&format!("/teaser?{}", form_body(&links))).await.page);
    walk.record("teaser of nothing", &visit.go_to("/teaser").await.page);
    walk.record("order of nobody", &visit.go_to("/order?id=x").await.page);
    walk.record("cancel link of nothing", &visit.go_to("/order/cancel?token=x").await.page);
    walk.record("sign-up that is over", &visit.go_to("/setup_slot").await.page);
    walk.record("request without a client", &visit.go_to("/ap/oa?client_id=&state=s-1").await.page);
    walk.record("root", &visit.go_to("/").await.page);
    walk.record("page that does not exist", &visit.go_to("/nothing").await.page);
    walk.record("address of a form", &visit.go_to("/slot_action").await.page);
    let mut leaving = TestBrowser::navigate(server, &authorize_path(&[("language", Some(language.tag()))])).await;
    walk.record("way to the client", &leaving.press("/ap/signin", "cancel").await.page);
    let forged = HtmlForm { action: "/ap/signin".into(), ..HtmlForm::default() }.fill("csrf", "x");
    walk.record("forged form", &visit.submit(&forged).await.page);
}

async fn walk(language: Language) -> Vec<(&'static str, ClientResponse)> {
    let server = Server::start().await;
    let mut walk = PageRecorder { pages: Vec::new() };
    let mut visit = sign_up(&server, &mut walk, language).await;
    settings(&server, &mut walk, &mut visit).await;
    elsewhere(&server, &mut walk, &mut visit, language).await;
    walk.pages
}

fn is_japanese(text: &str) -> bool {
    text.chars().any(|c| ('\u{3040}'..='\u{30ff}').contains(&c) || ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_speaks_one_language_alone() {
    let english = walk(Language::English).await;
    for language in Language::ALL {
        let pages = if language.is_english() { english.clone() } else { walk(language).await };
        assert_eq!(pages.len(), english.len());
        for ((name, page), (_, original)) in pages.iter().zip(&english) {
            let html = page.text();
            let context = format!("{name} in {language}: {html}");
            assert_eq!(page.status, original.status, "{context}");
            assert!(html.contains(&format!("<html lang=\"{language}\">")), "{context}");
            assert_eq!(page.header("content-language"), language.tag(), "{context}");
            assert_eq!(page.header("vary"), "Accept-Language, Cookie", "{context}");
            let said = visible_texts(&html);
            assert!(said.len() >= 2, "{context}");
            match language {
                Language::English => assert!(!said.iter().any(|text| is_japanese(text)), "{context}"),
                Language::German => {
                    assert_eq!(said.intersection(&self::visible_texts(&original.text())).next(), None, "{context}");
                }
                Language::Japanese => {
                    assert_eq!(said.iter().find(|text| !is_japanese(text) && !is_value(text)), None, "{context}");
                }
            }
            // The parts that programs read are the same in each language.
            let machine = |html: &str| -> Vec<_> {
                let names = |form: HtmlForm| {
                    (form.action, form.fields.into_iter().map(|f| f.0).collect::<Vec<_>>(), form.buttons)
                };
                HtmlForm::parse_all(html).into_iter().map(names).collect()
            };
            assert_eq!(machine(&html), machine(&original.text()), "{context}");
        }
    }
}

/// Whether a text is a price, or another value that is the same in all languages.
fn is_value(text: &str) -> bool {
    text.starts_with('$') || text.contains("amzn1.") || text.contains('=')
}
