//! Every page in every language: a customer's walk through all of them, three times.

use crate::harness::world::{CARL, COMPOSITE, FILTER, REDIRECT};
use crate::harness::{Device, Linking, Server, Visit, form, query};
use opendrs_domain::language::Language;
use opendrs_domain::version::Endpoint::Replenish;
use opendrs_client::{Form, Reply};
use std::collections::BTreeSet;

/// What pages say in no language of their own: names that makers and customers gave, and words of the protocol.
const NAMES: [&str; 19] = [
    "Aqua Pitcher",
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
    // In Japanese a sentence may begin, and in all of them end, with a value in bold type.
    ".",
    "。",
    "state=s-1",
    "client_id=",
    "language=de",
    "language=ja",
];

/// What a page says: its texts, and the names of what has no text.
fn said(html: &str) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for part in html.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        let names = ["aria-label=\"", "title=\""].iter().filter_map(|name| tag.split(*name).nth(1)?.split('"').next());
        said.extend(names.chain([text]).map(|text| text.trim().to_owned()));
    }
    said.retain(|text| !text.is_empty() && !NAMES.contains(&text.as_str()));
    said
}

/// Pages as they were shown, with a name for each.
struct Walk {
    shown: Vec<(&'static str, Reply)>,
}

impl Walk {
    fn saw(&mut self, name: &'static str, page: &Reply) {
        self.shown.push((name, page.clone()));
    }
}

fn path(server: &Server, url: &str) -> String {
    url.strip_prefix(&server.base).unwrap().to_owned()
}

async fn replenish(server: &Server, device: &Device) -> String {
    let answer = server.call(device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    answer["eventInstanceId"].as_str().unwrap().to_owned()
}

/// Sign-up, from the authorize request to the redirect.
async fn sign_up(server: &Server, walk: &mut Walk, language: Language) -> Visit {
    let mut visit = Visit::open(server, &query(&[("language", Some(language.tag()))])).await;
    walk.saw("sign-in", &visit.page);
    let wrong = visit.form("/ap/signin").fill("email", CARL).fill("password", "wrong");
    visit.submit(&wrong).await;
    walk.saw("wrong password", &visit.page);
    visit.sign_in(CARL).await;
    walk.saw("consent", &visit.page);
    visit.press("/ap/consent", "consentApproved").await;
    walk.saw("slot", &visit.page);
    let mut unanswered = visit.form("/slot_action");
    unanswered.fields.retain(|(name, _)| name != "asin");
    visit.submit(&unanswered).await;
    walk.saw("slot without an answer", &visit.page);
    for _ in 0..2 {
        visit.press("/slot_action", "skip").await;
    }
    walk.saw("overview", &visit.page);
    visit.press("/setup_overview", "completeSetup").await;
    walk.saw("overview, all skipped", &visit.page);
    visit.press("/setup_overview", "change").await;
    for _ in 0..2 {
        let chosen = visit.form("/slot_action");
        visit.submit(&chosen).await;
    }
    visit.press("/setup_overview", "completeSetup").await;
    walk.saw("overview without an address", &visit.page);
    let address = visit.form("/setup_overview").fill("line1", "3 Hill Street").fill("city", "Springfield");
    let address = address.fill("postal_code", "97477").fill("country", "US").press("completeSetup");
    assert!(visit.submit(&address).await.location().starts_with(REDIRECT), "{}", visit.page.text());
    visit
}

/// Settings, rules and orders of a device.
async fn settings(server: &Server, walk: &mut Walk, visit: &mut Visit) {
    let device = server.link(Linking::default().customer(CARL).serial("SN-2")).await;
    let of_device = format!("/settings?{}", form(&[("access_token", &device.access), ("exitUri", "/null")]));
    walk.saw("settings", &visit.go(&of_device).await.page);
    let rule = visit.form("/settings/rule");
    visit.submit(&rule.clone().fill("cap_kind", "amount").fill("cap", "")).await;
    walk.saw("rules that cannot be", &visit.page);
    visit.submit(&rule.fill("mode", "ask")).await;
    let order = format!("/order?id={}", replenish(server, &device).await);
    walk.saw("settings with an order", &visit.go(&of_device).await.page);
    walk.saw("order that waits", &visit.go(&order).await.page);
    visit.press("/order", "approve").await;
    walk.saw("order", &visit.page);
    let link = path(server, &server.letter().await.cancel_url.unwrap());
    walk.saw("cancel", &visit.go(&link).await.page);
    visit.press("/order/cancel", "").await;
    walk.saw("cancelled", &visit.page);
    walk.saw("settings with a cancelled order", &visit.go(&of_device).await.page);
    let second = format!("/order?id={}", replenish(server, &device).await);
    visit.go(&second).await.press("/order", "approve").await;
    let link = path(server, &server.letter().await.cancel_url.unwrap());
    server.advance("25h").await;
    walk.saw("cancelled too late", &visit.go(&link).await.page);
    walk.saw("order that was shipped", &visit.go(&second).await.page);
}

/// What is shown in place of what was asked for.
async fn elsewhere(server: &Server, walk: &mut Walk, visit: &mut Visit, language: Language) {
    // The day that passed ended the sign-in.
    visit.go("/settings").await.sign_in(CARL).await;
    let test = server.link(Linking::default().customer(CARL).serial("SN-3").test_device()).await;
    let token = |access: &str| format!("/settings?{}", form(&[("access_token", access), ("exitUri", "/null")]));
    walk.saw("settings of a test device", &visit.go(&token(&test.access)).await.page);
    walk.saw("devices and apps", &visit.go("/settings").await.page);
    let unlink = visit.page.text().split("href=\"").find_map(|rest| {
        rest.starts_with("/settings/unlink").then(|| rest.split('"').next().unwrap_or_default().to_owned())
    });
    walk.saw("withdrawal of a consent", &visit.go(&unlink.expect("an app")).await.page);
    walk.saw("settings by a bad link", &visit.go(&token("Atza|x")).await.page);
    let anns = server.link(Linking::default()).await;
    walk.saw("settings of somebody else", &visit.go(&token(&anns.access)).await.page);
    let links = [("compositeId", COMPOSITE), ("loginUri", "a"), ("remindLaterUri", "b"), ("skipUri", "c")];
    walk.saw("teaser", &visit.go(&format!("/teaser?{}", form(&links))).await.page);
    walk.saw("teaser of nothing", &visit.go("/teaser").await.page);
    walk.saw("order of nobody", &visit.go("/order?id=x").await.page);
    walk.saw("cancel link of nothing", &visit.go("/order/cancel?token=x").await.page);
    walk.saw("sign-up that is over", &visit.go("/setup_slot").await.page);
    walk.saw("request without a client", &visit.go("/ap/oa?client_id=&state=s-1").await.page);
    walk.saw("root", &visit.go("/").await.page);
    walk.saw("page that does not exist", &visit.go("/nothing").await.page);
    walk.saw("address of a form", &visit.go("/slot_action").await.page);
    let mut leaving = Visit::navigate(server, &query(&[("language", Some(language.tag()))])).await;
    walk.saw("way to the client", &leaving.press("/ap/signin", "cancel").await.page);
    let forged = Form { action: "/ap/signin".into(), ..Form::default() }.fill("csrf", "x");
    walk.saw("forged form", &visit.submit(&forged).await.page);
}

async fn walk(language: Language) -> Vec<(&'static str, Reply)> {
    let server = Server::start().await;
    let mut walk = Walk { shown: Vec::new() };
    let mut visit = sign_up(&server, &mut walk, language).await;
    settings(&server, &mut walk, &mut visit).await;
    elsewhere(&server, &mut walk, &mut visit, language).await;
    walk.shown
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
            let said = said(&html);
            assert!(said.len() >= 2, "{context}");
            match language {
                Language::English => assert!(!said.iter().any(|text| is_japanese(text)), "{context}"),
                Language::German => {
                    assert_eq!(said.intersection(&self::said(&original.text())).next(), None, "{context}");
                }
                Language::Japanese => {
                    assert_eq!(said.iter().find(|text| !is_japanese(text) && !is_value(text)), None, "{context}");
                }
            }
            // What programs read is the same in each.
            let machine = |html: &str| -> Vec<_> {
                let names =
                    |form: Form| (form.action, form.fields.into_iter().map(|f| f.0).collect::<Vec<_>>(), form.buttons);
                Form::all(html).into_iter().map(names).collect()
            };
            assert_eq!(machine(&html), machine(&original.text()), "{context}");
        }
    }
}

/// Prices, and what else is the same for all.
fn is_value(text: &str) -> bool {
    text.starts_with('$') || text.contains("amzn1.") || text.contains('=')
}
