//! Every page in every language; which language a page is in; and how a customer gets another one (decisions 32).

use crate::harness::world::{ANN, BOB, CARL, COMPOSITE, FILTER, PASSWORD, REDIRECT};
use crate::harness::{Linking, Options, Server, Visit, form, query};
use opendrs_domain::customer::Customer;
use opendrs_domain::language::Language;
use opendrs_domain::text::Email;
use opendrs_domain::version::Endpoint::Replenish;
use opendrs_server::client::{Form, Reply};
use opendrs_server::mail::words::Words;
use opendrs_service::customer;
use std::collections::BTreeSet;

both!(
    a_first_sign_in_is_remembered_for_mails,
    a_customer_changes_their_language,
    what_is_known_of_a_language_counts_in_its_order,
    an_amount_is_typed_as_the_page_writes_it,
);

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

async fn replenish(server: &Server, device: &crate::harness::Device) -> String {
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
async fn elsewhere(server: &Server, walk: &mut Walk, visit: &mut Visit) {
    let test = server.link(Linking::default().customer(CARL).serial("SN-3").test_device()).await;
    let token = |access: &str| format!("/settings?{}", form(&[("access_token", access), ("exitUri", "/null")]));
    walk.saw("settings of a test device", &visit.go(&token(&test.access)).await.page);
    walk.saw("devices", &visit.go("/settings").await.page);
    walk.saw("settings by a bad link", &visit.go(&token("Atza|x")).await.page);
    let anns = server.link(Linking::default()).await;
    walk.saw("settings of somebody else", &visit.go(&token(&anns.access)).await.page);
    let links = [("compositeId", COMPOSITE), ("loginUri", "a"), ("remindLaterUri", "b"), ("skipUri", "c")];
    walk.saw("teaser", &visit.go(&format!("/teaser?{}", form(&links))).await.page);
    walk.saw("teaser of nothing", &visit.go("/teaser").await.page);
    walk.saw("order of nobody", &visit.go("/order?id=x").await.page);
    walk.saw("cancel link of nothing", &visit.go("/order/cancel?token=x").await.page);
    walk.saw("sign-up that is over", &visit.go("/setup_slot?flow=x").await.page);
    walk.saw("request without a client", &visit.go("/ap/oa?client_id=&state=s-1").await.page);
    let forged = Form { action: "/ap/signin".into(), ..Form::default() }.fill("csrf", "x");
    walk.saw("forged form", &visit.submit(&forged).await.page);
}

async fn walk(language: Language) -> Vec<(&'static str, Reply)> {
    let server = Server::start().await;
    let mut walk = Walk { shown: Vec::new() };
    let mut visit = sign_up(&server, &mut walk, language).await;
    settings(&server, &mut walk, &mut visit).await;
    elsewhere(&server, &mut walk, &mut visit).await;
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
                    assert_eq!(said.intersection(&self::said(&original.text())).next(), None, "{context}")
                }
                Language::Japanese => {
                    assert_eq!(said.iter().find(|text| !is_japanese(text) && !is_value(text)), None, "{context}")
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

#[tokio::test(flavor = "multi_thread")]
async fn a_page_leads_to_itself_in_every_other_language() {
    let server = Server::start().await;
    let address = query(&[("state", Some("a&b=c ://")), ("language", Some("fr_FR"))]);
    let english = Visit::open(&server, &address).await;
    assert_eq!(english.title(), "Sign in", "what is not spoken here is no wish");
    let html = english.page.text();
    assert!(html.contains("<nav class=\"languages\" aria-label=\"Language\">"), "{html}");
    assert!(html.contains("<span aria-current=\"true\">English</span>"), "{html}");
    let link = |html: &str, language: &str| {
        let tags = format!("\" lang=\"{language}\" hreflang=\"{language}\">");
        html.split(&tags).next().unwrap().rsplit("href=\"").next().unwrap().replace("&#38;", "&")
    };
    let to_german = link(&html, "de");
    assert_eq!(to_german, query(&[("state", Some("a&b=c ://"))]) + "&language=de");
    let mut visit = Visit::open(&server, &to_german).await;
    assert_eq!(visit.title(), "Anmelden");
    // Pages that are answers to forms have links as well: to where the form was.
    let wrong = visit.form("/ap/signin").fill("email", ANN).fill("password", "wrong");
    visit.submit(&wrong).await;
    let to_japanese = link(&visit.page.text(), "ja");
    assert_eq!(to_japanese, query(&[("state", Some("a&b=c ://"))]) + "&language=ja");
    visit.go(&to_japanese).await;
    assert_eq!(visit.title(), "サインイン");
    // The rest of the sign-up, without a word of it in any address; in the end the client is told the same as ever.
    visit.sign_in(ANN).await;
    assert!(visit.page.text().contains("許可する"), "{}", visit.page.text());
    let back = link(&visit.page.text(), "en");
    assert!(back.starts_with("/setup_slot?flow=") && back.ends_with("&language=en"), "{back}");
    assert!(visit.go(&back).await.page.text().contains(">Allow<"), "{}", visit.page.text());
    server.complete(&mut visit).await;
    assert_eq!((visit.answer("scope"), visit.answer("state")), (Some("dash:replenish"), Some("a%26b%3Dc%20%3A%2F%2F")));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_wish_in_the_address_is_remembered_by_the_browser() {
    let server = Server::with(Options { https: true, ..Options::default() }).await;
    let teaser = |more: &str| format!("/teaser?compositeId={COMPOSITE}{more}");
    let plain = server.request("GET", &teaser("")).header("accept-language", "de").send().await;
    assert_eq!((plain.header("content-language"), plain.header("set-cookie")), ("de", ""));
    let asked = server.request("GET", &teaser("&language=ja_JP")).header("accept-language", "de").send().await;
    let cookie = "__Host-opendrs-language=ja; Path=/; HttpOnly; SameSite=Lax; Secure";
    assert_eq!((asked.header("content-language"), asked.header("set-cookie")), ("ja", cookie));
    let again =
        server.request("GET", &teaser("&language=ja")).header("cookie", "__Host-opendrs-language=ja").send().await;
    assert_eq!((again.header("content-language"), again.header("set-cookie")), ("ja", ""), "it knows");
    for hostile in ["de\"><script>", "../../etc", "", "%00", &"d".repeat(5000)] {
        let path = teaser(&format!("&language={}", form(&[("x", hostile)]).replace("x=", "")));
        let reply = server.request("GET", &path).send().await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("content-language"), reply.header("set-cookie")),
            (200, "en", "")
        );
        assert!(!reply.text().contains("<script>"), "{}", reply.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_says_what_is_spoken_where_nothing_is_known() {
    let settings = vec![("OPENDRS_WEB_LANGUAGE", "ja".to_owned())];
    let server = Server::with(Options { settings, ..Options::default() }).await;
    let shown = async |accepted: &str| {
        let reply = server.request("GET", "/settings").header("accept-language", accepted).send().await;
        reply.header("content-language").to_owned()
    };
    for (accepted, language) in
        [("", "ja"), ("fr", "ja"), ("*", "ja"), ("fr, en;q=0.1", "en"), ("de-AT,de;q=0.9", "de")]
    {
        assert_eq!(shown(accepted).await, language, "{accepted}");
    }
    let device = server.device().await;
    server.call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    assert_eq!(Words::of(&server.letter().await).subject, "ご注文：Water filter, pack of 3");
}

async fn ann(server: &Server) -> Customer {
    let id = customer::id_by_email(server.app(), &Email::parse(ANN).unwrap()).await.unwrap().unwrap();
    customer::get(server.app(), id).await.unwrap()
}

/// Ann signs in with a browser that likes a language, and nothing else says which.
async fn sign_in(server: &Server, accepted: &str) -> (Reply, String) {
    let page = server.request("GET", "/settings").header("accept-language", accepted).send().await;
    let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let form = Form::all(&page.text()).remove(0).fill("email", ANN).fill("password", PASSWORD);
    let post = server.request("POST", "/ap/signin").header("cookie", &cookie).header("accept-language", accepted);
    let signed_in = post.body(form.encoded()).send().await;
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = server.request("GET", "/settings").header("cookie", &cookie).header("accept-language", accepted);
    (page.send().await, cookie)
}

async fn a_first_sign_in_is_remembered_for_mails(server: &Server) {
    assert_eq!(ann(server).await.language, None);
    let device = server.device().await;
    assert_eq!(Words::of(&server.letter().await).subject, "Automatic reordering for your Aqua Pitcher");
    let (page, _) = sign_in(server, "de-CH,de;q=0.9,en;q=0.1").await;
    assert!(page.text().contains("<h1>Ihre Geräte</h1>"), "{}", page.text());
    assert_eq!(ann(server).await.language, Some(Language::German));
    server.call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let text = server.text().await;
    assert!(
        text.starts_with("Guten Tag Ann Example,\n\nIhr Gerät Aqua Pitcher hat dies für Sie bestellt.\n"),
        "{text}"
    );
    for fact in ["Preis: 24,99\u{a0}$\n", "Menge: 3 count\n", "bis zum 3. März 2018, 07:00 Uhr (UTC) stornieren."] {
        assert!(text.contains(fact), "{fact}: {text}");
    }
    // A browser at somebody else's house changes nothing.
    let (page, _) = sign_in(server, "ja").await;
    assert_eq!(page.header("content-language"), "de", "{}", page.text());
    assert_eq!(ann(server).await.language, Some(Language::German));
}

async fn a_customer_changes_their_language(server: &Server) {
    let device = server.device().await;
    let mut visit = Visit::signed_in(server, ANN).await;
    let of_device = format!("/settings?{}", form(&[("access_token", &device.access), ("exitUri", "/null")]));
    visit.go(&of_device).await;
    let form = visit.form("/settings/language");
    assert!(form.fields.contains(&("language".into(), "en".into())), "{form:?}");
    visit.submit(&form.clone().fill("language", "ja")).await;
    let html = visit.page.text();
    assert!(
        html.contains("<html lang=\"ja\">") && html.contains("<h1>Aqua Pitcher</h1>") && html.contains(">終了<"),
        "{html}"
    );
    assert_eq!(ann(server).await.language, Some(Language::Japanese));
    server.call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let text = server.text().await;
    assert!(text.starts_with("Ann Example 様\n\nお使いのAqua Pitcherが、次の商品を注文しました。\n"), "{text}");
    assert!(text.contains("価格: $24.99\n") && text.contains("2018年3月3日 07:00（UTC）まで"), "{text}");
    // What is no language changes nothing.
    visit.submit(&form.fill("language", "fr")).await;
    assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (400, "実行できませんでした"));
    assert_eq!(ann(server).await.language, Some(Language::Japanese));
    // The list of devices has the form as well.
    visit.go("/settings").await;
    let form = visit.form("/settings/language").fill("language", "de");
    assert_eq!(visit.submit(&form).await.title(), "Ihre Geräte");
    assert_eq!(ann(server).await.language, Some(Language::German));
}

async fn what_is_known_of_a_language_counts_in_its_order(server: &Server) {
    let (_, signed_in) = sign_in(server, "de").await;
    let shown = async |query: &str, cookie: &str, accepted: &str| {
        let call = server.request("GET", &format!("/settings{query}")).header("cookie", cookie);
        call.header("accept-language", accepted).send().await.header("content-language").to_owned()
    };
    let chosen = format!("{signed_in}; opendrs-language=en");
    for (query, cookie, accepted, language) in [
        ("", "", "", "en"),
        ("", "", "ja, en;q=0.5", "ja"),
        ("", signed_in.as_str(), "ja", "de"),
        ("", &chosen, "ja", "en"),
        ("?language=ja", &chosen, "de", "ja"),
        ("?language=ja_JP", "", "de", "ja"),
        ("?ui_locales=fr-CA%20ja%20en", &chosen, "de", "ja"),
        ("?language=fr", &chosen, "de", "en"),
        ("?language=fr", &signed_in, "ja", "de"),
        ("", "opendrs-language=fr", "ja", "ja"),
        ("", "opendrs-language=\"><x>", "ja", "ja"),
    ] {
        assert_eq!(shown(query, cookie, accepted).await, language, "{query} {cookie} {accepted}");
    }
}

async fn an_amount_is_typed_as_the_page_writes_it(server: &Server) {
    let device = server.link(Linking::default().customer(BOB)).await;
    let mut visit = Visit::signed_in(server, BOB).await;
    let of_device = format!("/settings?{}", form(&[("access_token", &device.access)]));
    visit.go(&format!("{of_device}&language=de")).await;
    let capped = visit.form("/settings/rule").fill("cap_kind", "amount").fill("cap", "29,99");
    visit.submit(&capped).await;
    let cap =
        |visit: &Visit| visit.form("/settings/rule").fields.into_iter().find(|(name, _)| name == "cap").unwrap().1;
    assert_eq!(cap(&visit), "29,99", "{}", visit.page.text());
    assert!(visit.page.text().contains("vereinbart haben Sie 24,99\u{a0}$"), "{}", visit.page.text());
    visit.go(&format!("{of_device}&language=en")).await;
    assert_eq!(cap(&visit), "29.99");
    let comma = visit.form("/settings/rule").fill("cap", "29,99");
    visit.submit(&comma).await;
    assert_eq!(visit.page.status, 400, "{}", visit.page.text());
}
