//! The language of pages and mails, and how a customer changes it (docs/spec/setup-pages.md#languages).

use crate::harness::fixtures::{ANN, BOB, COMPOSITE, FILTER, PASSWORD};
use crate::harness::{LinkOptions, Options, Server, TestBrowser, authorize_path, form_body};
use opendrs_client::{ClientResponse, HtmlForm};
use opendrs_domain::language::Language;
use opendrs_domain::text::Email;
use opendrs_domain::version::ApiEndpoint::Replenish;
use opendrs_service::customer;
use opendrs_service::seed::{self, CustomerSeed, SeedDeclaration};
use opendrs_texts::compose::ComposedMail;

both!(
    a_first_sign_in_is_remembered_for_mails,
    a_customer_changes_their_language,
    what_is_known_of_a_language_counts_in_its_order,
    an_amount_is_typed_as_the_page_writes_it,
    a_seed_may_say_a_customers_language,
);

#[tokio::test(flavor = "multi_thread")]
async fn a_page_leads_to_itself_in_every_other_language() {
    let server = Server::start().await;
    let address = authorize_path(&[("state", Some("a&b=c ://")), ("language", Some("fr_FR"))]);
    let english = TestBrowser::open(&server, &address).await;
    assert_eq!(english.title(), "Sign in", "what is not spoken here is no wish");
    let html = english.page.text();
    assert!(html.contains("<nav class=\"languages\" aria-label=\"Language\">"), "{html}");
    assert!(html.contains("<span aria-current=\"true\">English</span>"), "{html}");
    let link = |html: &str, language: &str| {
        let tags = format!("\" lang=\"{language}\" hreflang=\"{language}\">");
        html.split(&tags).next().unwrap().rsplit("href=\"").next().unwrap().replace("&#38;", "&")
    };
    let to_german = link(&html, "de");
    assert_eq!(to_german, authorize_path(&[("state", Some("a&b=c ://"))]) + "&language=de");
    let mut visit = TestBrowser::open(&server, &to_german).await;
    assert_eq!(visit.title(), "Anmelden");
    // Pages that answer forms have language links, too; they lead to the page of the form.
    let wrong = visit.form("/ap/signin").fill("email", ANN).fill("password", "wrong");
    visit.submit(&wrong).await;
    let to_japanese = link(&visit.page.text(), "ja");
    assert_eq!(to_japanese, authorize_path(&[("state", Some("a&b=c ://"))]) + "&language=ja");
    visit.go_to(&to_japanese).await;
    assert_eq!(visit.title(), "サインイン");
    // The rest of the sign-up has no language in its addresses, and the client gets the usual answer.
    visit.sign_in(ANN).await;
    assert!(visit.page.text().contains("許可する"), "{}", visit.page.text());
    let back = link(&visit.page.text(), "en");
    assert_eq!(back, "/setup_slot?language=en");
    assert!(visit.go_to(&back).await.page.text().contains(">Allow<"), "{}", visit.page.text());
    server.complete_sign_up(&mut visit).await;
    assert_eq!(
        (visit.redirect_param("scope"), visit.redirect_param("state")),
        (Some("dash:replenish"), Some("a%26b%3Dc%20%3A%2F%2F"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_wish_in_the_address_is_remembered_by_the_browser() {
    let server = Server::start_with(Options { https: true, ..Options::default() }).await;
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
        let path = teaser(&format!("&language={}", form_body(&[("x", hostile)]).replace("x=", "")));
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
    let server = Server::start_with(Options { settings, ..Options::default() }).await;
    let shown = async |accepted: &str| {
        let reply = server.request("GET", "/settings").header("accept-language", accepted).send().await;
        reply.header("content-language").to_owned()
    };
    for (accepted, language) in
        [("", "ja"), ("fr", "ja"), ("*", "ja"), ("fr, en;q=0.1", "en"), ("de-AT,de;q=0.9", "de")]
    {
        assert_eq!(shown(accepted).await, language, "{accepted}");
    }
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    assert_eq!(
        ComposedMail::compose(&server.newest_mail().await).subject,
        "ご注文を承りました：Water filter, pack of 3"
    );
}

async fn ann_speaks(server: &Server) -> Option<Language> {
    let id = customer::find_id_by_email(server.app(), &Email::parse(ANN).unwrap()).await.unwrap().unwrap();
    customer::load(server.app(), id).await.unwrap().language
}

/// Ann signs in with a browser that prefers a language; nothing else selects one.
async fn sign_in(server: &Server, accepted: &str) -> (ClientResponse, String) {
    let page = server.request("GET", "/settings").header("accept-language", accepted).send().await;
    let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let form = HtmlForm::parse_all(&page.text()).remove(0).fill("email", ANN).fill("password", PASSWORD);
    let post = server.request("POST", "/ap/signin").header("cookie", &cookie).header("accept-language", accepted);
    let signed_in = post.body(form.encode()).send().await;
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = server.request("GET", "/settings").header("cookie", &cookie).header("accept-language", accepted);
    (page.send().await, cookie)
}

async fn a_first_sign_in_is_remembered_for_mails(server: &Server) {
    assert_eq!(ann_speaks(server).await, None);
    let device = server.link_default_device().await;
    assert_eq!(
        ComposedMail::compose(&server.newest_mail().await).subject,
        "Automatic reordering for your Aqua Pitcher"
    );
    let (page, _) = sign_in(server, "de-CH,de;q=0.9,en;q=0.1").await;
    assert!(page.text().contains("<h1>Ihre Geräte</h1>"), "{}", page.text());
    assert_eq!(ann_speaks(server).await, Some(Language::German));
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let text = server.newest_mail_text().await;
    assert!(
        text.starts_with("Guten Tag Ann Example,\n\nIhr Gerät Aqua Pitcher hat Folgendes für Sie bestellt.\n"),
        "{text}"
    );
    for fact in ["Preis: 24,99\u{a0}$\n", "Menge: 3\n", "bis zum 3. März 2018, 07:00 Uhr (UTC) stornieren."] {
        assert!(text.contains(fact), "{fact}: {text}");
    }
    // A browser with another language does not change the customer's language.
    let (page, _) = sign_in(server, "ja").await;
    assert_eq!(page.header("content-language"), "de", "{}", page.text());
    assert_eq!(ann_speaks(server).await, Some(Language::German));
}

async fn a_customer_changes_their_language(server: &Server) {
    let device = server.link_default_device().await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    let of_device = format!("/settings?{}", form_body(&[("access_token", &device.access), ("exitUri", "/null")]));
    visit.go_to(&of_device).await;
    let form = visit.form("/settings/language");
    assert!(form.fields.contains(&("language".into(), "en".into())), "{form:?}");
    visit.submit(&form.clone().fill("language", "ja")).await;
    let html = visit.page.text();
    assert!(
        html.contains("<html lang=\"ja\">")
            && html.contains("<h1>Aqua Pitcher</h1>")
            && html.contains(">アプリに戻る<"),
        "{html}"
    );
    assert_eq!(ann_speaks(server).await, Some(Language::Japanese));
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let text = server.newest_mail_text().await;
    assert!(text.starts_with("Ann Example 様\n\nお使いのAqua Pitcherが、次の商品を注文しました。\n"), "{text}");
    assert!(text.contains("価格: $24.99\n") && text.contains("2018年3月3日 07:00（UTC）まで"), "{text}");
    // An unknown language changes nothing.
    visit.submit(&form.fill("language", "fr")).await;
    assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (400, "実行できませんでした"));
    assert_eq!(ann_speaks(server).await, Some(Language::Japanese));
    // The devices page has the form, too.
    visit.go_to("/settings").await;
    let form = visit.form("/settings/language").fill("language", "de");
    assert_eq!(visit.submit(&form).await.title(), "Ihre Geräte");
    assert_eq!(ann_speaks(server).await, Some(Language::German));
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
    let device = server.link_device(LinkOptions::default().customer(BOB)).await;
    let mut visit = TestBrowser::signed_in(server, BOB).await;
    let of_device = format!("/settings?{}", form_body(&[("access_token", &device.access)]));
    visit.go_to(&format!("{of_device}&language=de")).await;
    let capped = visit.form("/settings/rule").fill("cap_kind", "amount").fill("cap", "29,99");
    visit.submit(&capped).await;
    let cap = |visit: &TestBrowser| {
        visit.form("/settings/rule").fields.into_iter().find(|(name, _)| name == "cap").unwrap().1
    };
    assert_eq!(cap(&visit), "29,99", "{}", visit.page.text());
    assert!(visit.page.text().contains("vereinbart am 2. März 2018: 24,99\u{a0}$"), "{}", visit.page.text());
    visit.go_to(&format!("{of_device}&language=en")).await;
    assert_eq!(cap(&visit), "29.99");
    let comma = visit.form("/settings/rule").fill("cap", "29,99");
    visit.submit(&comma).await;
    assert_eq!(visit.page.status, 400, "{}", visit.page.text());
}

async fn a_seed_may_say_a_customers_language(server: &Server) {
    let seeded = async |language| {
        let (name, password) = ("Ann Example".to_owned(), Some(PASSWORD.into()));
        let ann = CustomerSeed {
            line: 1,
            email: Email::parse(ANN).unwrap(),
            password,
            name,
            address: None,
            language,
            blocked: None,
        };
        seed::apply(server.app(), SeedDeclaration { customers: vec![ann], ..SeedDeclaration::default() })
            .await
            .unwrap();
        ann_speaks(server).await
    };
    assert_eq!(seeded(Some(Language::Japanese)).await, Some(Language::Japanese));
    let (page, _) = sign_in(server, "de").await;
    assert_eq!(page.header("content-language"), "ja");
    assert_eq!(seeded(None).await, Some(Language::Japanese), "what a seed does not say stays");
    assert_eq!(seeded(Some(Language::German)).await, Some(Language::German));
}
