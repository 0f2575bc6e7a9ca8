//! The teaser: links that apps look for (docs/spec/setup-pages.md#teaser-page).

use crate::harness::fixtures::COMPOSITE;
use crate::harness::{Server, form_body};

/// The page's links: target, as a browser reads it, and text.
async fn links(server: &Server, path: &str, fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let fields = [&[("compositeId", COMPOSITE)], fields].concat();
    let reply = server.request("GET", &format!("{path}?{}", form_body(&fields))).send().await;
    let html = reply.text();
    assert_eq!(reply.status, 200, "{html}");
    assert!(html.contains("Aqua Pitcher") && !html.contains("<base") && !html.contains("<form"), "{html}");
    let link = |part: &str| {
        let (target, rest) = part.split_once('"').unwrap();
        let target = target.replace("&#38;", "&").replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">");
        (target.replace("&#39;", "'"), rest.split(['>', '<']).nth(1).unwrap().to_owned())
    };
    // Without the links to the page's own content and to the same page in another language.
    let anchors = html.split("<a ").skip(1).filter(|part| {
        let tag = part.split('>').next().unwrap();
        !tag.contains(" hreflang=") && !tag.contains("class=\"skip\"")
    });
    let anchors = anchors.map(|part| part.split("href=\"").nth(1).unwrap());
    anchors.map(link).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_are_plain_links_with_their_targets_unchanged() {
    let server = Server::start().await;
    for path in ["/teaser", "/AccioCustomerUI/teaser", "//teaser/", "/AccioCustomerUI//teaser"] {
        for [login, later, skip] in [
            ["LoginWeb", "RemindMeLater", "Skip"],
            ["android_asset/LoginWeb.html", "android_asset/RemindMeLater.html", "android_asset/Skip.html"],
            ["https://app.example/login?a=b&c=%20+d#e", "amzn://com.example.app/later", "app-scheme:skip"],
            ["/a\"b'c<d>&e", "//host/x", "?q=javascript:"],
        ] {
            let fields = [("loginUri", login), ("remindLaterUri", later), ("skipUri", skip), ("client_id", "x")];
            let wanted = [(login, "Get Started"), (later, "Remind me later"), (skip, "Skip")];
            let wanted = wanted.map(|(target, words)| (target.to_owned(), words.to_owned()));
            assert_eq!(links(&server, path, &fields).await, wanted);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_target_no_button() {
    let server = Server::start().await;
    assert_eq!(links(&server, "/teaser", &[]).await, []);
    assert_eq!(
        links(&server, "/teaser", &[("loginUri", ""), ("skipUri", "Skip")]).await,
        [("Skip".into(), "Skip".into())]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_would_run_code_is_dropped() {
    let server = Server::start().await;
    for uri in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "\u{1}\u{2}javascript:alert(1)",
        "java\nscript:alert(1)",
        "java\tscript:alert(1)",
        "javascript\r:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "DATA:text/html;base64,PHNjcmlwdD4=",
        "vbscript:x",
    ] {
        let fields = [("loginUri", uri), ("remindLaterUri", uri), ("skipUri", uri)];
        assert_eq!(links(&server, "/teaser", &fields).await, [], "{uri:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_model_there_is_no_teaser() {
    let server = Server::start().await;
    let unknown = COMPOSITE.replace("c1", "ff");
    for composite in ["", "x", &unknown, &COMPOSITE.replace("composite.", ""), "'; DROP TABLE model; --"] {
        let query = form_body(&[("compositeId", composite), ("loginUri", "LoginWeb")]);
        let reply = server.request("GET", &format!("/teaser?{query}")).send().await;
        assert_eq!(reply.status, 400, "{composite}");
        assert!(reply.text().contains("<h1>We could not find your device</h1>") && !reply.text().contains("LoginWeb"));
    }
}
