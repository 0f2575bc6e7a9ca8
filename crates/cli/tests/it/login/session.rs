//! Signing in and out: cookies, guessing, and the page after a sign-in (docs/spec/security.md#sessions,
//! docs/spec/security.md#local-redirects, docs/spec/security.md#guessing, docs/spec/security.md#account-enumeration).

use crate::harness::fixtures::{ANN, BOB, PASSWORD};
use crate::harness::{Options, Server, TestBrowser};

/// The parts of the present page's `Set-Cookie`.
fn set_cookie(visit: &TestBrowser) -> Vec<String> {
    visit.page.header("set-cookie").split("; ").map(str::to_owned).collect()
}

/// Tries to sign in, and leaves the browser on the page that follows.
async fn try_with(visit: &mut TestBrowser, email: &str, password: &str) {
    let form = visit.form("/ap/signin").fill("email", email).fill("password", password);
    visit.page = visit.browser.submit(&form).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_is_a_new_one_at_every_sign_in() {
    let server = Server::start().await;
    let mut visit = TestBrowser::open(&server, "/settings").await;
    let before = visit.browser.cookie_header();
    assert_eq!(set_cookie(&visit)[1..], ["Path=/", "HttpOnly", "SameSite=Lax"]);
    try_with(&mut visit, ANN, PASSWORD).await;
    let first = visit.browser.cookie_header();
    assert_eq!((visit.page.status.as_u16(), visit.location()), (303, "/settings"));
    assert_eq!(set_cookie(&visit)[1..], ["Path=/", "HttpOnly", "SameSite=Lax"]);
    assert!(first != before && first.len() == "opendrs=".len() + 64);

    let page = async |cookie: &str| server.request("GET", "/settings").header("cookie", cookie).send().await.text();
    assert!(page(&before).await.contains("<h1>Sign in</h1>"), "what the browser had before opens nothing");
    assert!(page(&first).await.contains("Signed in as Ann Example"));
    assert!(page("opendrs=").await.contains("<h1>Sign in</h1>"));
    assert!(page(&format!("a=b; {first}; c=d")).await.contains("Signed in as Ann Example"));

    // Another customer signs in with the same browser: the first session ends.
    let csrf = opendrs_service::session::form_token(server.app(), first.strip_prefix("opendrs=").unwrap());
    let fields = crate::harness::form_body(&[("csrf", &csrf), ("email", BOB), ("password", PASSWORD)]);
    let reply = server.request("POST", "/ap/signin").header("cookie", &first).body(fields).send().await;
    assert_eq!(reply.status, 303);
    assert!(page(&first).await.contains("<h1>Sign in</h1>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_ends_the_session_for_good() {
    let server = Server::start().await;
    let mut visit = TestBrowser::signed_in(&server, ANN).await;
    let cookie = visit.browser.cookie_header();
    let csrf = opendrs_service::session::form_token(server.app(), cookie.strip_prefix("opendrs=").unwrap());
    let reply =
        server.request("POST", "/ap/signout").header("cookie", &cookie).body(format!("csrf={csrf}")).send().await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "/settings"));
    assert_eq!(reply.header("set-cookie"), "opendrs=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    assert_eq!(visit.go_to("/settings").await.title(), "Sign in", "the old cookie opens nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_every_sign_in_with_the_old_one() {
    let server = Server::start().await;
    let (mut ann, mut bob) = (TestBrowser::signed_in(&server, ANN).await, TestBrowser::signed_in(&server, BOB).await);
    server.advance("1s").await;
    server.change_password(ANN, PASSWORD).await;
    assert_eq!(ann.go_to("/settings").await.title(), "Your devices", "the same again is no other");
    server.change_password(ANN, "another password").await;
    assert_eq!(ann.go_to("/settings").await.title(), "Sign in");
    assert_eq!(bob.go_to("/settings").await.title(), "Your devices");
    try_with(&mut ann, ANN, PASSWORD).await;
    assert_eq!(ann.page.status, 400);
    try_with(&mut ann, ANN, "another password").await;
    assert_eq!(ann.go_to("/settings").await.title(), "Your devices");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lasts_a_day_and_a_remembered_one_thirty() {
    let server = Server::start().await;
    for (remember, uses, lasts, ends) in [(false, 0, "23h 59m", "1m"), (true, 2, "5d 23h 59m", "1m")] {
        let mut visit = TestBrowser::open(&server, "/settings").await;
        let form = visit.form("/ap/signin").fill("email", ANN).fill("password", PASSWORD);
        let form = if remember { form.fill("rememberMe", "true") } else { form };
        visit.page = visit.browser.submit(&form).await.unwrap();
        assert_eq!(visit.page.header("set-cookie").ends_with("; Max-Age=2592000"), remember);
        // An unused session ends earlier; this one is in use.
        for _ in 0..uses {
            server.advance("12d").await;
            assert_eq!(visit.go_to("/settings").await.title(), "Your devices");
        }
        server.advance(lasts).await;
        assert_eq!(visit.go_to("/settings").await.title(), "Your devices");
        server.advance(ends).await;
        assert_eq!(visit.go_to("/settings").await.title(), "Sign in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_https_cookies_are_bound_to_it() {
    let server = Server::start_with(Options { https: true, ..Options::default() }).await;
    let visit = TestBrowser::open(&server, "/settings").await;
    let cookie = set_cookie(&visit);
    assert!(cookie[0].starts_with("__Host-opendrs="), "{cookie:?}");
    assert_eq!(cookie[1..], ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]);
    assert_eq!(visit.page.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let server = Server::start().await;
    let mut visit = TestBrowser::open(&server, "/settings").await;
    let before = server.all_rows().await;
    let mut pages = Vec::new();
    for (email, password) in
        [(ANN, "wrong password"), ("nobody@example.com", PASSWORD), ("no address", PASSWORD), (ANN, "")]
    {
        try_with(&mut visit, email, password).await;
        assert_eq!(visit.page.status, 400);
        pages.push(visit.page.text().replace(email, "EMAIL"));
    }
    assert!(pages[0].contains("The email address or the password is not correct."));
    pages.dedup();
    assert_eq!(pages.len(), 1);
    assert_eq!(server.all_rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_braked_and_time_undoes_it() {
    let server = Server::start().await;
    let mut visit = TestBrowser::open(&server, "/settings").await;
    for _ in 0..6 {
        try_with(&mut visit, ANN, "wrong password").await;
        assert_eq!(visit.page.status, 400);
    }
    for (email, password) in [(ANN, "wrong password"), (ANN, PASSWORD), (BOB, PASSWORD)] {
        try_with(&mut visit, email, password).await;
        assert_eq!(visit.page.status, 429, "the account is braked, and so is the source");
        assert_eq!(visit.page.header("retry-after"), "3");
        assert!(visit.page.text().contains("There were too many attempts. Please try again in 3 seconds."));
    }
    server.advance("3s").await;
    try_with(&mut visit, ANN, "wrong password").await;
    assert_eq!(visit.page.status, 400);
    try_with(&mut visit, ANN, PASSWORD).await;
    assert_eq!((visit.page.status.as_u16(), visit.page.header("retry-after")), (429, "5"), "each failure costs more");
    server.advance("5s").await;
    try_with(&mut visit, ANN, PASSWORD).await;
    assert_eq!(visit.page.status, 303);
}

/// A sign-in through a proxy. Returns status and `Retry-After`.
async fn sign_in_from(server: &Server, source: &str, email: &str, password: &str) -> (u16, String) {
    let cookie = "a".repeat(64);
    let csrf = opendrs_service::session::form_token(server.app(), &cookie);
    let fields = crate::harness::form_body(&[("csrf", &csrf), ("email", email), ("password", password)]);
    let call = server.request("POST", "/ap/signin").header("cookie", format!("opendrs={cookie}"));
    let reply = call.header("x-forwarded-for", source).body(fields).send().await;
    (reply.status.as_u16(), reply.header("retry-after").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_are_braked_and_delay_nobody_else() {
    let proxies = vec!["127.0.0.1".to_owned()].try_into().unwrap();
    let server = Server::start_with(Options { proxies, ..Options::default() }).await;
    let guess =
        |n: usize| sign_in_from(&server, "203.0.113.7", ANN, if n == 199 { PASSWORD } else { "wrong password" });
    let guesses = futures_util::future::join_all((0..200).map(guess));
    let another = sign_in_from(&server, "198.51.100.9", BOB, PASSWORD);
    let (guesses, another) = tokio::join!(guesses, another);
    assert_eq!(another.0, 303);
    let tried = guesses.iter().filter(|(status, _)| *status != 429).count();
    assert!((1..=6).contains(&tried), "{tried} of 200 passwords were compared");
    assert!(guesses.iter().all(|(status, _)| [303, 400, 429].contains(status)), "{guesses:?}");
    assert!(guesses.iter().all(|(status, after)| *status != 429 || !after.is_empty()), "{guesses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_leads_to_pages_of_this_server_alone() {
    let server = Server::start().await;
    for target in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        " /settings?x",
        "settings?x",
        "",
    ] {
        let mut visit = TestBrowser::open(&server, "/settings").await;
        let form = visit.form("/ap/signin").fill("return_to", target).fill("email", ANN).fill("password", PASSWORD);
        visit.page = visit.browser.submit(&form).await.unwrap();
        assert_eq!((visit.page.status.as_u16(), visit.location()), (303, "/settings"), "{target:?}");
        assert!(!visit.page.headers.contains_key("a"));
    }
}
